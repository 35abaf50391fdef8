import { describe, expect, it } from 'vitest'
import { parseTrunks, routeNumber } from './trunks.js'

const trunks = parseTrunks(
  '+1=sip:10.0.0.5;transport=udp,+1555=sip:lab.example:5080,*=sip:me:secret@gw.example',
)

describe('the trunk table', () => {
  it('takes the longest prefix', () => {
    expect(routeNumber(trunks, '+15550100002')?.target).toBe('sip:+15550100002@lab.example:5080')
    expect(routeNumber(trunks, '+14155550100')?.target).toBe(
      'sip:+14155550100@10.0.0.5;transport=udp',
    )
  })

  it('keeps the password of a gateway out of the URI', () => {
    expect(routeNumber(trunks, '+4930123456')).toEqual({
      target: 'sip:+4930123456@gw.example',
      nextHop: undefined,
      credentials: { username: 'me', password: 'secret' },
    })
  })

  it.each(['1@evil.example;x=', '1;transport=tcp', '', '+', 'alice', '1%40evil', '+1\r\nX: y'])(
    'serves nothing for %j, which is no number',
    (text) => expect(routeNumber(trunks, text)).toBeUndefined(),
  )

  it('serves no number without a trunk', () => {
    expect(routeNumber([], '+15550100002')).toBeUndefined()
    expect(routeNumber(parseTrunks('+49=sip:gw'), '+15550100002')).toBeUndefined()
  })

  it('strips and prepends, and prefers the lower priority', () => {
    const table = parseTrunks([
      { prefix: '+44', uri: 'sip:b.example', priority: 2 },
      { prefix: '+44', uri: 'sip:a.example', priority: 1, strip: 3, prepend: '0' },
    ])
    expect(routeNumber(table, '+442079460000')?.target).toBe('sip:02079460000@a.example')
  })
})
