// npm run bench -- sip-messages: one ordinary INVITE, read again and again by our parser and by those of the
// npm packages sip and sip.js, each in a process of its own: messages a second, and bytes allocated for each.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const seconds = Number(process.env.BENCH_SECONDS ?? 5)
const root = dirname(dirname(fileURLToPath(import.meta.url)))
const peers = join(root, 'build', 'bench', 'peers')
const peerVersion = '0.0.6'

const sdp = [
  'v=0',
  'o=alice 53655765 2353687637 IN IP4 192.0.2.1',
  's=-',
  'c=IN IP4 192.0.2.1',
  't=0 0',
  'm=audio 49172 RTP/AVP 0 8 101',
  'a=sendrecv',
  '',
].join('\r\n')
const invite = [
  'INVITE sip:+15551234567@192.0.2.9 SIP/2.0',
  'Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK776asdhds;rport',
  'Max-Forwards: 70',
  'From: "Alice" <sip:alice@example.com>;tag=1928301774',
  'To: <sip:+15551234567@192.0.2.9>',
  'Call-ID: a84b4c76e66710@192.0.2.1',
  'CSeq: 314159 INVITE',
  'Contact: <sip:alice@192.0.2.1:5060>',
  'Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, INFO, UPDATE',
  'Supported: replaces, timer',
  'User-Agent: Example/1.0',
  'Content-Type: application/sdp',
  `Content-Length: ${sdp.length}`,
  '',
  sdp,
].join('\r\n')

/**
 * The INVITE as it comes from the network: bytes, never the same twice in a row, as an engine of JavaScript
 * remembers what it has taken apart.
 */
const datagrams = Array.from({ length: 64 }, (_, index) =>
  Buffer.from(invite.replace(/776asdhds|a84b4c76e66710/g, (id) => `${id}${index + 10}`)),
)
let turn = 0
const next = () => datagrams[turn++ % datagrams.length]

/** Each makes a function that reads such an INVITE once, and returns what its To is. */
const readers = {
  async 'dialplane, to the fields'() {
    const { parseMessage } = await import('../dist/sip/parser.js')
    const { inspectRequest } = await import('../dist/sip/inspect.js')
    return () => inspectRequest(parseMessage(next()).value).value.to.uri
  },
  async 'dialplane, and written again'() {
    const { parseMessage } = await import('../dist/sip/parser.js')
    const { inspectRequest } = await import('../dist/sip/inspect.js')
    const { serializeMessage } = await import('../dist/sip/serializer.js')
    return () => {
      const { value } = parseMessage(next())
      serializeMessage(value)
      return inspectRequest(value).value.to.uri
    }
  },
  async sip() {
    const { parse } = createRequire(join(peers, 'package.json'))('sip')
    // As its own transport reads them.
    return () => parse(next().toString('binary')).headers.to.uri
  },
  async 'sip.js'() {
    const { Core } = await import('sip.js')
    const logger = { error() {}, warn() {}, log() {}, debug() {} }
    return () => String(Core.Parser.parseMessage(next().toString(), logger).to.uri)
  },
}

/** The package is no part of the project: it is fetched for this alone. */
function fetchPeer() {
  if (existsSync(join(peers, 'node_modules', 'sip'))) return
  mkdirSync(peers, { recursive: true })
  const options = ['--ignore-scripts', '--no-save', '--no-package-lock', '--prefix', peers]
  execFileSync('npm', ['install', ...options, `sip@${peerVersion}`], { stdio: 'ignore' })
}

/** In a process with a large young generation, so that nothing is collected while it counts. */
async function measure(name) {
  const read = await readers[name]()
  if (read() !== 'sip:+15551234567@192.0.2.9') throw new Error(`${name} reads ${read()}`)
  const until = performance.now() + 1_000
  while (performance.now() < until) for (let turn = 0; turn < 100; turn++) read()

  const turns = 1_000
  globalThis.gc()
  const before = process.memoryUsage()
  for (let turn = 0; turn < turns; turn++) read()
  const after = process.memoryUsage()
  const bytes = (after.heapUsed + after.external - before.heapUsed - before.external) / turns

  let count = 0
  const startMs = performance.now()
  while (performance.now() - startMs < seconds * 1_000) {
    for (let turn = 0; turn < 100; turn++) read()
    count += 100
  }
  const perSecond = (count * 1_000) / (performance.now() - startMs)
  console.log(`${name}: ${Math.round(perSecond)} messages/s, ${Math.round(bytes)} bytes each`)
}

const [only] = process.argv.slice(2)
if (only !== undefined) await measure(only)
else {
  fetchPeer()
  for (const name of Object.keys(readers)) {
    const flags = ['--expose-gc', '--min-semi-space-size=128', '--max-semi-space-size=128']
    const { status } = spawnSync(
      process.execPath,
      [...flags, fileURLToPath(import.meta.url), name],
      {
        stdio: 'inherit',
      },
    )
    if (status !== 0) process.exitCode = 1
  }
}
