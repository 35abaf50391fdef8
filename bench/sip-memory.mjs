// npm run bench -- sip-memory: what an established dialog and a registration hold, at a quarter, a half and
// all of 10,000 of each: the growth of the heap and of the resident set after a full collection.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { makeEngine, pair, sdp } from './sip-pair.mjs'

const count = Number(process.env.BENCH_COUNT ?? 10_000)

function used() {
  for (let turn = 0; turn < 3; turn++) globalThis.gc()
  const { heapUsed, external, rss } = process.memoryUsage()
  return { heap: heapUsed + external, rss }
}

/** Adds to a table until it holds `count`, and tells what each of them took. */
function grow(what, perAdded, add, settle) {
  // What is compiled, and grows once, is not of the first that come.
  for (let index = 0; index < 500; index++) add(`warm-${index}`)
  settle()
  const before = used()
  let added = 0
  for (const share of [0.25, 0.5, 1]) {
    for (; added < count * share; added++) add(`${added}`)
    settle()
    const now = used()
    const each = (part) => Math.round((now[part] - before[part]) / (added * perAdded))
    console.log(`${added} ${what}: ${each('heap')} bytes of heap, ${each('rss')} resident, each`)
  }
}

const measures = {
  dialogs() {
    const ends = pair({
      onInvited: (host, legId) => ends.step(host, { type: 'accept', legId, sdp }),
      onConfirmed: () => {},
    })
    const { caller, callee } = ends
    // Both ends are here. A session is refreshed after 900 s: until then only the dialogs are left.
    grow(
      'dialogs',
      2,
      (id) => caller.call(id),
      () => caller.wait(70_000),
    )
    const left = [caller, callee].map(({ engine }) => engine.sizes)
    if (left.some(({ legs }) => legs < count)) throw new Error(JSON.stringify(left))
  },
  registrations() {
    const engine = makeEngine('192.0.2.9', 1)
    let nowMs = 0
    let bound = 0
    const settle = () => {
      // 40 s: their transactions are over.
      nowMs += 40_000
      while (engine.deadlineMs <= nowMs) engine.handle({ type: 'timeout' }, nowMs, [])
    }
    grow(
      'registrations',
      1,
      (id) => {
        const out = []
        const bytes = Buffer.from(register(id))
        engine.handle({ type: 'received', flow: flowOf(), bytes }, nowMs, out)
        if (out.some(({ type }) => type === 'bound')) bound++
      },
      settle,
    )
    if (bound < count || engine.sizes.bindings < count) throw new Error(`only ${bound} are bound`)
  },
}

const flowOf = () => ({
  transport: 'udp',
  localAddress: '192.0.2.9',
  localPort: 5060,
  remoteAddress: '192.0.2.1',
  remotePort: 5060,
})

function register(id) {
  return [
    'REGISTER sip:192.0.2.9 SIP/2.0',
    `Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK${id};rport`,
    'Max-Forwards: 70',
    `From: <sip:user-${id}@192.0.2.9>;tag=${id}`,
    `To: <sip:user-${id}@192.0.2.9>`,
    `Call-ID: ${id}@192.0.2.1`,
    'CSeq: 1 REGISTER',
    `Contact: <sip:user-${id}@192.0.2.1:5060>;expires=7200`,
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n')
}

const [only] = process.argv.slice(2)
if (only !== undefined) measures[only]()
else {
  for (const name of Object.keys(measures)) {
    const parameters = ['--expose-gc', fileURLToPath(import.meta.url), name]
    const { status } = spawnSync(process.execPath, parameters, { stdio: 'inherit' })
    if (status !== 0) process.exitCode = 1
  }
}
