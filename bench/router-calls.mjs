// What the benches of whole calls share: the router as a process, and calls to it.
import { fork } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const number = '+15550109999'

/** The router as a process of its own, with a store at `directory`. */
export async function startRouter(directory) {
  const child = fork(join(root, 'dist', 'main.js'), ['start'], {
    env: {
      PATH: process.env.PATH,
      DIALPLANE_DATA_DIR: directory,
      DIALPLANE_HTTP_PORT: '0',
      DIALPLANE_SIP_PORT: '0',
      DIALPLANE_LOG_LEVEL: 'warn',
      DIALPLANE_MEDIA_CORE: process.env.DIALPLANE_MEDIA_CORE ?? 'auto',
      DIALPLANE_SHUTDOWN_SECONDS: '1',
    },
    execArgv: (process.env.BENCH_NODE_ARGS ?? '').split(' ').filter(Boolean),
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const facts = await new Promise((resolve, reject) => {
    child.once('message', resolve)
    child.once('exit', () => reject(new Error('the router did not start')))
  })
  return { child, ...facts }
}

/** Points the number at a URL. */
export async function provision(router, voiceUrl) {
  const credentials = Object.fromEntries(
    readFileSync(router.credentialsPath, 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.split('=')),
  )
  const sid = credentials.DIALPLANE_ACCOUNT_SID
  const token = Buffer.from(`${sid}:${credentials.DIALPLANE_AUTH_TOKEN}`).toString('base64')
  const answer = await fetch(
    `${router.baseUrl}/2010-04-01/Accounts/${sid}/IncomingPhoneNumbers.json`,
    {
      method: 'POST',
      headers: { authorization: `Basic ${token}` },
      body: new URLSearchParams({ PhoneNumber: number, VoiceUrl: voiceUrl }),
    },
  )
  if (answer.status !== 201) throw new Error(`the number was refused: ${await answer.text()}`)
}

/**
 * Places calls, one each 10 ms, with their media at even ports from `firstPort` on; returns the media port
 * of each answer and a way to end them. `offerOf` makes the description of a call; default: PCMU and others.
 */
export async function placeCalls(router, calls, firstPort, offerOf) {
  const { startSip } = await import('../dist/router/sip-shell.js')
  const { systemClock, systemIds } = await import('../dist/router/system.js')
  const { makeOffer } = await import('../dist/call/media-description.js')
  const answered = new Map()
  const sip = await startSip(
    {
      hosts: ['127.0.0.1'],
      port: 0,
      realm: 'bench',
      publicHost: undefined,
      userAgent: 'bench',
      trusted: ['127.0.0.0/8'],
      users: new Map(),
      callsMax: calls,
    },
    systemClock,
    systemIds,
    {
      leg(event) {
        if (event.type === 'refused') throw new Error(`a call was refused: ${event.status}`)
        if (event.type !== 'answered') return
        answered.set(Number(event.legId), Number(/^m=audio (\d+)/m.exec(event.sdp)?.[1]))
      },
      counted() {},
      fault(fault) {
        throw fault
      },
    },
  )
  for (let index = 0; index < calls; index++) {
    const legId = String(index)
    const local = {
      address: '127.0.0.1',
      port: firstPort + 2 * index,
      sessionId: '1',
      sessionVersion: 0,
    }
    sip.send({
      type: 'invite',
      legId,
      target: `sip:${number}@127.0.0.1:${router.sipPort}`,
      from: { uri: `sip:bench${index}@127.0.0.1` },
      sdp: offerOf ? offerOf(index, local.port) : makeOffer(local).sdp,
    })
    await delay(10)
  }
  for (let turn = 0; answered.size < calls && turn < 500; turn++) await delay(20)
  if (answered.size < calls)
    throw new Error(`only ${answered.size} of ${calls} calls were answered`)
  return {
    ports: Array.from({ length: calls }, (_, index) => answered.get(index)),
    async end() {
      for (let index = 0; index < calls; index++) sip.send({ type: 'hangUp', legId: String(index) })
      await delay(500)
      await sip.close()
    },
  }
}
