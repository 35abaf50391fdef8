// node bench/calls-per-second.mjs: what a whole call costs the router, at increasing rates. Each call is an
// INVITE, a webhook whose document hangs up, a BYE, and the records of it. A second run has ten webhooks
// more per call; the difference is the cost of a webhook. Run `npm run build` first. PROFILE=folder writes
// a CPU profile of the router.
import { fork } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const mainFile = join(dirname(dirname(fileURLToPath(import.meta.url))), 'dist', 'main.js')
const rates = (process.env.BENCH_RATES ?? '25,50,100').split(',').map(Number)
const seconds = Number(process.env.BENCH_SECONDS ?? 10)
const warmSeconds = Number(process.env.BENCH_WARM_SECONDS ?? 10)
const redirects = 10
const numbers = { hangup: '+15550109001', redirects: '+15550109002' }
const ticksPerSecond = 100

/** CPU seconds, user and system, of one task of /proc. */
function cpuOf(statFile) {
  const stat = readFileSync(statFile, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
}

/** Of the whole process, and of the thread that runs JavaScript. */
function cpuSeconds(pid) {
  return { all: cpuOf(`/proc/${pid}/stat`), main: cpuOf(`/proc/${pid}/task/${pid}/stat`) }
}

async function startRouter(dataDir) {
  const profile = process.env.PROFILE
  const execArgv = profile ? ['--cpu-prof', `--cpu-prof-dir=${profile}`] : []
  const env = {
    PATH: process.env.PATH,
    DIALPLANE_DATA_DIR: dataDir,
    DIALPLANE_HTTP_PORT: '0',
    DIALPLANE_SIP_PORT: '0',
    DIALPLANE_RTP_PORT_MIN: '22000',
    DIALPLANE_RTP_PORT_MAX: '29999',
    DIALPLANE_SHUTDOWN_SECONDS: '0',
  }
  const stdio = ['ignore', 'ignore', 'inherit', 'ipc']
  const child = fork(mainFile, ['start'], { env, execArgv, stdio })
  const [ready] = await once(child, 'message')
  return { child, ...ready }
}

/** The application: `/hangup` hangs up, `/redirect?n=3` leads to `?n=2`. */
async function startApplication() {
  const application = { webhooks: 0, url: '', close: () => server.close() }
  const server = createServer((request, reply) => {
    application.webhooks++
    request.resume()
    const left = Number(new URL(request.url, 'http://x').searchParams.get('n') ?? 0)
    const verb = left > 0 ? `<Redirect>/redirect?n=${left - 1}</Redirect>` : '<Hangup/>'
    reply.writeHead(200, { 'Content-Type': 'text/xml' }).end(`<Response>${verb}</Response>`)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  application.url = `http://127.0.0.1:${server.address().port}`
  return application
}

async function createNumber(router, dataDir, phoneNumber, voiceUrl) {
  const credentials = readFileSync(join(dataDir, 'credentials'), 'utf8')
  const [, sid, token] = /SID=(\w+)\s+\w+=(\S+)/.exec(credentials)
  const url = `${router.baseUrl}/2010-04-01/Accounts/${sid}/IncomingPhoneNumbers.json`
  const authorization = `Basic ${Buffer.from(`${sid}:${token}`).toString('base64')}`
  const body = new URLSearchParams({ PhoneNumber: phoneNumber, VoiceUrl: voiceUrl })
  const answer = await fetch(url, { method: 'POST', headers: { authorization }, body })
  if (!answer.ok) throw new Error(await answer.text())
}

/** Calls by templates: the least that a caller may say, so that the generator stays cheap. */
async function startCaller(sipPort) {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  const sdp =
    `v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n` +
    `m=audio ${port} RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n`
  const caller = { begun: 0, ended: 0, refused: 0, call, close: () => socket.close() }
  const calls = new Map()
  const send = (text) => socket.send(text, sipPort, '127.0.0.1')
  const start = Date.now().toString(36)

  function call(number) {
    const id = `${start}-${++caller.begun}`
    const uri = `sip:${number}@127.0.0.1:${sipPort}`
    const from = `<sip:+15550100000@127.0.0.1:${port}>;tag=t${id}`
    calls.set(id, { uri, from })
    send(
      `${head('INVITE', uri, id, from, `<${uri}>`, `z9hG4bK-i${id}`, 1)}` +
        `Contact: <sip:bench@127.0.0.1:${port}>\r\nContent-Type: application/sdp\r\n` +
        `Content-Length: ${sdp.length}\r\n\r\n${sdp}`,
    )
  }
  function head(method, uri, id, from, to, branch, cseq) {
    return (
      `${method} ${uri} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:${port};rport;branch=${branch}\r\n` +
      `Max-Forwards: 70\r\nFrom: ${from}\r\nTo: ${to}\r\nCall-ID: ${id}\r\nCSeq: ${cseq} ${method}\r\n`
    )
  }
  socket.on('message', (bytes) => {
    const text = bytes.toString('latin1')
    const field = (name) => new RegExp(`^${name}: (.*)\r$`, 'm').exec(text)?.[1]
    const id = field('Call-ID')
    const known = id && calls.get(id)
    if (!known) return
    if (text.startsWith('BYE')) {
      const copied = ['Via', 'From', 'To', 'Call-ID', 'CSeq'].map(
        (name) => `${name}: ${field(name)}`,
      )
      send(`SIP/2.0 200 OK\r\n${copied.join('\r\n')}\r\nContent-Length: 0\r\n\r\n`)
      calls.delete(id)
      caller.ended++
      return
    }
    const status = Number(/^SIP\/2.0 (\d+)/.exec(text)?.[1])
    if (!(status >= 200) || !field('CSeq')?.endsWith('INVITE')) return
    const refused = status >= 300
    const contact = /<([^>]+)>/.exec(field('Contact') ?? '')?.[1] ?? known.uri
    const branch = `z9hG4bK-${refused ? 'i' : 'a'}${id}`
    const uri = refused ? known.uri : contact
    send(`${head('ACK', uri, id, known.from, field('To'), branch, 1)}Content-Length: 0\r\n\r\n`)
    if (refused) {
      calls.delete(id)
      caller.refused++
    }
  })
  return caller
}

/** Places calls at a rate; returns what each cost the router [CPU ms]. */
async function measure(router, caller, number, rate, forSeconds) {
  const { pid } = router.child
  const [begun, ended, refused] = [caller.begun, caller.ended, caller.refused]
  const before = cpuSeconds(pid)
  const startMs = performance.now()
  const total = Math.round(rate * forSeconds)
  while (caller.begun - begun < total) {
    const due = Math.min(total, Math.floor(((performance.now() - startMs) / 1000) * rate))
    while (caller.begun - begun < due) caller.call(number)
    await delay(4)
  }
  for (
    let wait = 0;
    wait < 200 && caller.ended + caller.refused - ended - refused < total;
    wait++
  ) {
    await delay(20)
  }
  const after = cpuSeconds(pid)
  const done = caller.ended - ended
  return {
    calls: done,
    lost: total - done,
    all: ((after.all - before.all) * 1000) / done,
    main: ((after.main - before.main) * 1000) / done,
  }
}

function print(what, rate, { calls, lost, all, main }) {
  const missing = lost > 0 ? `, ${lost} lost` : ''
  console.log(
    `${what} ${rate}/s: ${all.toFixed(2)} CPU ms per call (main thread ${main.toFixed(2)}), ${calls} calls${missing}`,
  )
}

if (!existsSync(mainFile)) throw new Error('dist is missing: run npm run build')
const dataDir = mkdtempSync(join(tmpdir(), 'dialplane-bench-'))
const application = await startApplication()
const router = await startRouter(dataDir)
const caller = await startCaller(router.sipPort)
try {
  await createNumber(router, dataDir, numbers.hangup, `${application.url}/hangup`)
  const chain = `${application.url}/redirect?n=${redirects}`
  await createNumber(router, dataDir, numbers.redirects, chain)
  // A router has run for longer than its compiler needs to get to know it.
  const warmRate = Math.max(...rates, 100)
  await measure(router, caller, numbers.hangup, warmRate, warmSeconds)
  await measure(router, caller, numbers.redirects, warmRate / 10, warmSeconds)
  let one
  for (const rate of rates) {
    one = await measure(router, caller, numbers.hangup, rate, seconds)
    print('one webhook, ', rate, one)
  }
  // As many webhooks a second as the calls before had, so that what costs by the second weighs alike.
  const rate = Math.max(20, Math.round(rates.at(-1) / 5))
  const many = await measure(router, caller, numbers.redirects, rate, seconds)
  print(`${redirects + 1} webhooks,`, rate, many)
  const each = (many.all - one.all) / redirects
  const main = (many.main - one.main) / redirects
  console.log(`webhook: ${each.toFixed(3)} CPU ms (main thread ${main.toFixed(3)})`)
} finally {
  router.child.kill('SIGTERM')
  await once(router.child, 'exit')
  caller.close()
  application.close()
  if (process.env.PROFILE) console.log(readdirSync(process.env.PROFILE).join('\n'))
  rmSync(dataDir, { recursive: true, force: true })
}
