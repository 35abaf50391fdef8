import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { call } from './harness/caller.js'
import { startTestbed, type Testbed } from './harness/testbed.js'

describe('a router at addresses of both families', () => {
  let bed: Testbed
  beforeAll(async () => {
    bed = await startTestbed({ DIALPLANE_SIP_HOST: '127.0.0.1,127.0.0.2,::1' })
  })
  afterAll(() => bed?.close())

  it.each([
    ['127.0.0.1', 'udp'],
    ['127.0.0.2', 'udp'],
    ['[::1]', 'udp'],
    ['[::1]', 'tcp'],
  ])('hears keys of a caller at %s over %s', async (host, transport) => {
    const path = `/${host.replace(/\W/g, '')}/${transport}`
    const number = await bed.number({
      [path]: `<Response><Gather numDigits="2" action="${path}/keys"/></Response>`,
      [`${path}/keys`]: '<Response><Hangup/></Response>',
    })
    const uri = `sip:${number}@${host}:${bed.router.sipPort};transport=${transport}`
    const { code, output } = await call(uri, { digits: '42', digitsAfter: 1, maxSeconds: 10 })
    expect([code, output]).toEqual([0, expect.stringContaining('the other side hung up')])
    expect((await bed.app.received(`${path}/keys`)).parameters.Digits).toBe('42')
    expect((await bed.endedCall(number)).status).toBe('completed')
  })

  it('leaves nothing behind', () => bed.quiet())
})
