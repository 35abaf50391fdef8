import { describe, expect, it } from 'vitest'
import { RegisteringDevice } from './registering-device.js'
import { flowFrom, idle } from './scripted-peer.js'

const domains = ['dialplane', 'pbx.example.com', 'acme.example.com']
const config = {
  isOwnDomain: (domain: string) => domains.includes(domain),
  // The first two are one.
  recordDomainOf: (domain: string) => (domain === 'acme.example.com' ? domain : 'dialplane'),
}

describe('devices of several domains', () => {
  it('are known by user and domain, those of one domain by one name', () => {
    const device = new RegisteringDevice(config)
    for (const domain of domains) device.register({ domain, callId: domain })
    expect(device.of('bound').map(({ addressOfRecord }) => addressOfRecord)).toEqual([
      'alice@dialplane',
      'alice@dialplane',
      'alice@acme.example.com',
    ])
    expect(device.register({ domain: 'other.example.com' }).status).toBe(404)
  })

  it('prove themselves for the domain of To, and what asks says where from', () => {
    const device = new RegisteringDevice({ ...config, isTrusted: () => false })
    device.flow = flowFrom('198.51.100.7')
    expect(device.prove({ domain: 'acme.example.com' }).status).toBe(200)
    expect(device.of('ask').at(-1)?.question).toMatchObject({
      ...{ what: 'credential', username: 'alice', use: 'registration' },
      ...{ domain: 'acme.example.com', flow: { remoteAddress: '198.51.100.7' } },
    })
    expect(device.bound('alice@acme.example.com')).toEqual(['sip:alice@198.51.100.7'])
  })

  it('are gone at once when their user is one no more', () => {
    const device = new RegisteringDevice(config)
    device.register({ domain: 'acme.example.com', callId: 'a' })
    device.register({ callId: 'b' })
    const addressOfRecord = 'alice@acme.example.com'
    device.input({ type: 'unbind', addressOfRecord })
    expect(device.of('bound').at(-1)).toMatchObject({ addressOfRecord, bindings: [] })
    expect(device.engine.sizes.bindings).toBe(1)
    device.wait(4_000_000)
    expect(device.engine.sizes).toEqual(idle)
  })

  it('subscribe to the mailbox of their domain, as devices', () => {
    const device = new RegisteringDevice({ ...config, isTrusted: () => false })
    device.flow = flowFrom('198.51.100.7')
    const uri = 'sip:alice@acme.example.com'
    const headers = ['Event: message-summary']
    device.request('SUBSCRIBE', { uri, headers, cseq: 1 })
    const challenged = device.responses.at(-1)
    if (!challenged) throw new Error('no challenge')
    const authorization = device.authorization(challenged, 'alice', 'acme.example.com', {
      ...{ method: 'SUBSCRIBE', uri },
    })
    device.request('SUBSCRIBE', { uri, headers: [...headers, authorization], cseq: 2 })
    expect(device.of('ask').at(-1)?.question).toMatchObject({ use: 'registration' })
    device.answerQuestion()
    expect(device.of('ask').at(-1)?.question).toEqual({
      ...{ what: 'messageSummary', addressOfRecord: 'alice@acme.example.com' },
    })
  })
})
