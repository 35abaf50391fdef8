import { createHash } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { call } from './harness/caller.js'
import { eventually } from './harness/eventually.js'
import { needs } from './harness/needs.js'
import { freePort } from './harness/ports.js'
import { callWithSipp, startSippServer } from './harness/sipp.js'
import { callerNumber, startTestbed, type Testbed, untilQuiet } from './harness/testbed.js'

const user = 'alice:secret'
const hangup = '<Response><Hangup/></Response>'
const trunkPrefix = '+15550401'

describe.skipIf(!needs('sipp'))('digest', () => {
  let bed: Testbed
  let guarded: Testbed
  let gatewayPort = 0
  beforeAll(async () => {
    gatewayPort = await freePort()
    guarded = await startTestbed({
      // Nobody who calls here comes from there.
      DIALPLANE_TRUSTED_SIP: '192.0.2.0/24',
      DIALPLANE_SIP_USERS: user,
    })
    bed = await startTestbed({
      DIALPLANE_TRUNKS: [
        `${trunkPrefix}=sip:${user}@127.0.0.1:${gatewayPort}`,
        `+1555010=sip:${user}@127.0.0.1:${guarded.router.sipPort}`,
      ].join(','),
    })
  })
  afterAll(async () => {
    await Promise.all([bed?.close(), guarded?.close()])
  })

  const guardedNumber = (name: string) =>
    guarded.number({ [`/${name}`]: '<Response><Gather timeout="1"/></Response>' })

  it.concurrent('a stranger with the right password is answered', async () => {
    const number = await guardedNumber('right')
    const { code, output } = await call(guarded.uriOf(number), { user })
    expect(output).toContain('answered')
    expect(code).toBe(0)
    expect((await guarded.endedCall(number)).status).toBe('completed')
  })

  it.concurrent.each([
    ['a wrong password', 'alice:wrong', 403],
    ['a name that nobody has', 'mallory:secret', 403],
    ['no password at all', undefined, 401],
  ])('a stranger with %s is refused', async (_what, given, status) => {
    const name = `refused-${given?.split(':')[0] ?? 'nobody'}`
    const number = await guardedNumber(name)
    const { code, output } = await call(guarded.uriOf(number), given ? { user: given } : {})
    expect(output).toContain(`refused: ${status}`)
    expect(code).toBe(1)
    expect(guarded.app.to(`/${name}`)).toEqual([])
    expect(await guarded.client.calls.list({ to: number })).toEqual([])
  })

  it.concurrent('a caller of sipp answers the challenge by MD5', async () => {
    const number = await guardedNumber('sipp')
    // It takes the first challenge, which is SHA-256, and knows only MD5.
    const relay = await startRelay(guarded.router.sipPort, (text) =>
      text.replace(/^WWW-Authenticate:.*SHA-256.*\r\n/im, ''),
    )
    await callWithSipp(relay.port, number, {
      scenario: 'caller-with-password',
      cwd: guarded.directory,
      parameters: ['-au', 'alice', '-ap', 'secret', '-auth_uri', `${number}@127.0.0.1`],
    }).finally(() => relay.close())
    expect((await guarded.endedCall(number)).status).toBe('completed')
  })

  it('a caller of sipp answers the challenge where we offer MD5 only', async () => {
    const old = await startTestbed({
      DIALPLANE_TRUSTED_SIP: '192.0.2.0/24',
      DIALPLANE_SIP_USERS: user,
      DIALPLANE_SIP_DIGEST: 'MD5',
    })
    try {
      const number = await old.number({ '/md5': '<Response><Gather timeout="1"/></Response>' })
      await callWithSipp(old.router.sipPort, number, {
        scenario: 'caller-with-password',
        cwd: old.directory,
        parameters: ['-au', 'alice', '-ap', 'secret', '-auth_uri', `${number}@127.0.0.1`],
      })
      expect((await old.endedCall(number)).status).toBe('completed')
    } finally {
      await old.close()
    }
  })

  /** A phone that challenges with 401 and 407; `verify` is called when it has hung up. */
  const challenging = async (name: string, port?: number) => {
    const log = bed.path(`${name}.log`)
    const peer = await startSippServer({
      scenario: 'called-challenges',
      cwd: bed.directory,
      parameters: ['-trace_logs', '-log_file', log],
      ...(port === undefined ? {} : { port }),
    })
    const verify = async () => {
      const { code, output } = await peer.finished
      expect(code, output.slice(-4_000)).toBe(0)
      const answers = readFileSync(log, 'utf8')
        .split('\n')
        .filter((line) => line.includes('Digest'))
      // The request that answers the second challenge answers the first one still.
      expect(answers.map((answer) => param(answer, 'realm'))).toEqual(['phone', 'phone', 'proxy'])
      for (const answer of answers) {
        expect(param(answer, 'username')).toBe('alice')
        expect(param(answer, 'response')).toBe(expectedResponse(answer))
      }
    }
    return { port: peer.port, verify }
  }

  it.concurrent('a call by REST answers 401 and 407', async () => {
    const phone = await challenging('rest')
    const { sid } = await bed.client.calls.create({
      to: `sip:phone@127.0.0.1:${phone.port}`,
      from: callerNumber,
      sipAuthUsername: 'alice',
      sipAuthPassword: 'secret',
      twiml: '<Response><Pause length="1"/></Response>',
    })
    await phone.verify()
    await eventually('the call to end', async () => {
      const { status } = await bed.client.calls(sid).fetch()
      return status === 'completed' || undefined
    })
  })

  it.concurrent.each([
    ['secret', 'completed'],
    ['wrong', 'failed'],
  ])('a call by REST to another router with the password %s is %s', async (password, expected) => {
    const number = await guardedNumber(`rest-${expected}`)
    const { sid } = await bed.client.calls.create({
      to: guarded.uriOf(number),
      from: callerNumber,
      sipAuthUsername: 'alice',
      sipAuthPassword: password,
      twiml: '<Response><Pause length="20"/></Response>',
    })
    await eventually('the call to end', async () => {
      const { status } = await bed.client.calls(sid).fetch()
      return status === expected || undefined
    })
  })

  /** Dials, and returns what its action is told. */
  const dialed = async (name: string, noun: string) => {
    const number = await bed.number({
      [`/${name}`]: `<Response><Dial action="/${name}/done" timeLimit="1">${noun}</Dial></Response>`,
      [`/${name}/done`]: hangup,
    })
    await call(bed.uriOf(number))
    return (await bed.app.received(`/${name}/done`)).parameters
  }

  it.concurrent('a trunk answers its gateway with the password of the settings', async () => {
    const gateway = await challenging('trunk', gatewayPort)
    const done = await dialed('trunk', `<Number>${trunkPrefix}0001</Number>`)
    expect(done).toMatchObject({ DialCallStatus: 'completed', DialBridged: 'true' })
    await gateway.verify()
  })

  it.concurrent('a trunk to another router, by the best algorithm that it offers', async () => {
    const number = await guardedNumber('trunked')
    const done = await dialed('trunked', `<Number>${number}</Number>`)
    expect(done).toMatchObject({ DialCallStatus: 'completed', DialBridged: 'true' })
  })

  it.concurrent('a Sip noun has a password of its own', async () => {
    const uri = guarded.uriOf(await guardedNumber('noun'))
    const noun = `<Sip username="alice" password="secret">${uri}</Sip>`
    expect(await dialed('noun-right', noun)).toMatchObject({ DialCallStatus: 'completed' })
    const wrong = noun.replace('secret', 'wrong')
    expect(await dialed('noun-wrong', wrong)).toMatchObject({ DialCallStatus: 'failed' })
  })

  it('no password is logged, and nothing is left', { timeout: 60_000 }, async () => {
    await Promise.all([untilQuiet(bed.router, 40), untilQuiet(guarded.router, 40)])
    for (const { router } of [bed, guarded]) expect(router.log()).not.toContain('secret')
  })
})

/** Passes datagrams on; those of the router changed, as a hop on the way may do. */
async function startRelay(routerPort: number, change: (text: string) => string) {
  const socket = createSocket('udp4')
  let callerPort = 0
  socket.on('message', (bytes, { port }) => {
    if (port !== routerPort) {
      callerPort = port
      socket.send(bytes, routerPort, '127.0.0.1')
    } else if (callerPort !== 0) socket.send(change(bytes.toString()), callerPort, '127.0.0.1')
  })
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  return { port: socket.address().port, close: () => socket.close() }
}

function param(field: string, name: string): string {
  return new RegExp(`\\b${name}="?([^",]+)`).exec(field)?.[1] ?? ''
}

/** RFC 2617 §3.2.2.1 with qop=auth, written again here. */
function expectedResponse(field: string): string {
  const [realm, nonce, nc, cnonce, uri] = ['realm', 'nonce', 'nc', 'cnonce', 'uri'].map((name) =>
    param(field, name),
  )
  const ha1 = md5(`alice:${realm}:secret`)
  return md5(`${ha1}:${nonce}:${nc}:${cnonce}:auth:${md5(`INVITE:${uri}`)}`)
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex')
}
