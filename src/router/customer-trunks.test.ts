import { describe, expect, it } from 'vitest'
import type { CustomerTrunkRow, OriginationUrlRow } from '../store/schema.js'
import { CustomerTrunks } from './customer-trunks.js'

const owned = { account_sid: 'AC1', created_ms: 0, updated_ms: 0 }
const dialler = { accountSid: 'AC1', callSid: 'CA1' }

function trunkRow(parts: Partial<CustomerTrunkRow> = {}): CustomerTrunkRow {
  return {
    ...{ sid: 'TK1', domain_name: 'pbx.example.com', friendly_name: '', secure: 0 },
    ...{ disaster_recovery_url: '', disaster_recovery_method: 'POST', cnam_lookup_enabled: 0 },
    ...{ transfer_mode: 'disable-all', transfer_caller_id: 'from-transferee' },
    ...{ recording_mode: 'do-not-record', recording_trim: 'do-not-trim', ...owned },
    ...parts,
  }
}

function urlRow(sid: string, sip_url: string, parts: Partial<OriginationUrlRow> = {}) {
  const order = { priority: 1, weight: 1, enabled: 1 }
  return { sid, trunk_sid: 'TK1', friendly_name: sid, sip_url, ...order, ...owned, ...parts }
}

function openTrunks() {
  return new CustomerTrunks({
    ...{ clock: { monotonicMs: () => 0 }, random: () => 0, silenceMsMax: 1_000 },
    tried: () => {},
  })
}

describe('trunks of customers', () => {
  it('call the URLs that are enabled, by priority, with the number as the user', () => {
    const trunks = openTrunks()
    trunks.set(trunkRow(), [
      urlRow('OU1', 'sip:somebody@third.example', { priority: 3 }),
      urlRow('OU2', 'sip:first.example:5070;transport=tcp'),
      urlRow('OU3', 'sip:off.example', { enabled: 0 }),
    ])
    const way = trunks.find('TK1')?.wayTo('+15550100', dialler)
    expect(way?.targets).toEqual([
      ...['sip:+15550100@third.example', 'sip:+15550100@first.example:5070;transport=tcp'],
    ])
    const attempts = [way?.route.trunk?.next(), way?.route.trunk?.next(), way?.route.trunk?.next()]
    expect(attempts.map((one) => one?.route.target)).toEqual([
      ...['sip:+15550100@first.example:5070;transport=tcp', 'sip:+15550100@third.example'],
      undefined,
    ])
  })

  it('go over TLS with SRTP alone where they are secure', () => {
    const trunks = openTrunks()
    trunks.set(trunkRow({ secure: 1 }), [
      urlRow('OU1', 'sip:plain.example;secure=false'),
      urlRow('OU2', 'sip:udp.example;transport=udp'),
      urlRow('OU3', 'sip:tls.example;transport=tls'),
      urlRow('OU4', 'sips:sips.example'),
    ])
    const way = trunks.find('TK1')?.wayTo('+15550100', dialler)
    expect(way?.targets).toEqual([
      'sip:+15550100@plain.example;transport=tls',
      'sip:+15550100@tls.example;transport=tls',
      'sips:+15550100@sips.example',
    ])
    expect(way?.route.isMediaSecure).toBe(true)
  })

  it('keep what is known of a URL, and are known by their names', () => {
    const trunks = openTrunks()
    const urls = [urlRow('OU1', 'sip:one.example'), urlRow('OU2', 'sip:two.example')]
    trunks.set(trunkRow(), urls)
    const first = () =>
      trunks.findByHost('pbx.example.com')?.wayTo('+1555', dialler)?.route.trunk?.next()
    first()?.report({ type: 'silent' })
    expect(first()?.route.target).toBe('sip:+1555@two.example')
    trunks.set(trunkRow({ friendly_name: 'changed' }), urls)
    expect(first()?.route.target).toBe('sip:+1555@two.example')
    expect([trunks.size, trunks.urlCount]).toEqual([1, 2])

    trunks.set(trunkRow({ sid: 'TK2' }), [])
    trunks.set(trunkRow({ domain_name: null }), urls)
    expect(trunks.findByHost('pbx.example.com')?.sid).toBe('TK2')
    trunks.remove('TK1')
    expect([trunks.size, trunks.urlCount, trunks.find('TK1')]).toEqual([1, 0, undefined])
  })

  it.each([
    ['do-not-record', undefined],
    ['record-from-answer', { from: 'answer', channels: 'both', trimSilence: true }],
    ['record-from-ringing-dual', { from: 'ringing', channels: 'dual', trimSilence: true }],
  ] as const)('record as %s says', (recording_mode, expected) => {
    const trunks = openTrunks()
    trunks.set(trunkRow({ recording_mode, recording_trim: 'trim-silence' }), [])
    expect(trunks.find('TK1')?.recording).toEqual(expected)
  })
})
