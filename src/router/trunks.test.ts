import { describe, expect, it } from 'vitest'
import { parseTrunks } from './trunks.js'

describe('DIALPLANE_TRUNKS', () => {
  it('is read in its short form, passwords apart from the URI', () => {
    const trunks = parseTrunks('+1=sip:10.0.0.5;transport=udp,*=sip:me:secret@gw.example')
    expect(trunks).toMatchObject([
      { prefix: '+1', uri: 'sip:10.0.0.5;transport=udp', isEnabled: true, weight: 1 },
      { prefix: '*', uri: 'sip:gw.example', username: 'me', password: 'secret' },
    ])
  })

  it('registers where the short form says so', () => {
    expect(parseTrunks('+1=sip:10.0.0.5,*=sip:me:secret@gw;register;transport=tcp')).toMatchObject([
      { uri: 'sip:10.0.0.5', register: false },
      { uri: 'sip:gw;transport=tcp', username: 'me', register: true, expiresS: 3_600 },
    ])
  })

  it('gives each gateway the same sid after a restart, and equal ones different sids', () => {
    const text = '+1=sip:a.example,+1=sip:b.example,+1=sip:a.example'
    const sids = parseTrunks(text).map(({ sid }) => sid)
    expect(new Set(sids).size).toBe(3)
    for (const sid of sids) expect(sid).toMatch(/^GW[0-9a-f]{32}$/)
    expect(parseTrunks(text).map(({ sid }) => sid)).toEqual(sids)
  })

  it.each([
    [{ uri: 'tel:+1' }, /uri must be a SIP URI/],
    [{ uri: 'sip:gw', prefix: 'abc' }, /prefix/],
    [{ uri: 'sip:gw', prepend: '9@evil' }, /prepend/],
    [{ uri: 'sip:gw', callsMax: 0 }, /callsMax/],
    [{ uri: 'sip:gw', prefix: 1 }, /prefix .*string/],
    [{ uri: 'sip:gw', password: 123 }, /password .*string/],
    [{ uri: 'sip:user@gw' }, /uri/],
    [{ uri: 'sip:gw', register: true }, /register needs a username/],
  ])('refuses %j', (trunk, message) => {
    expect(() => parseTrunks([trunk])).toThrow(message)
  })
})
