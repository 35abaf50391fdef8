import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Frame, StreamFraming } from './stream-framing.js'

const message = (body: string, name = 'Content-Length') =>
  `OPTIONS sip:a@b SIP/2.0\r\n${name}: ${Buffer.byteLength(body)}\r\n\r\n${body}`

function feed(pieces: readonly Uint8Array[]): Frame[] {
  const framing = new StreamFraming()
  const frames: Frame[] = []
  for (const piece of pieces) framing.push(piece, frames)
  return frames
}

describe('StreamFraming', () => {
  it('cuts the same messages from any segmentation', () => {
    const bodies = ['', 'a', 'two\r\n\r\nparts', 'x'.repeat(3000)]
    const stream = Buffer.from(
      bodies.map((body, index) => message(body, index % 2 ? 'l' : 'Content-Length ')).join(''),
    )
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 700 })), (cuts) => {
        const pieces: Uint8Array[] = []
        let offset = 0
        for (const cut of cuts) {
          pieces.push(stream.subarray(offset, offset + cut))
          offset += cut
        }
        pieces.push(stream.subarray(offset))
        const texts = feed(pieces).map((frame) =>
          frame.type === 'message' ? Buffer.from(frame.bytes).toString() : frame.type,
        )
        expect(texts.join('')).toBe(stream.toString())
        expect(texts).toHaveLength(bodies.length)
      }),
    )
  })

  it('takes one byte at a time and many messages at once', () => {
    const stream = Buffer.from(message('hello').repeat(5000))
    expect(feed([stream])).toHaveLength(5000)
    const single = Buffer.from(message('x'.repeat(60_000)))
    expect(feed([...single].map((byte) => Uint8Array.of(byte)))).toHaveLength(1)
  })

  it('answers pings between messages only', () => {
    const types = feed([
      Buffer.from(`\r\n\r\n${message('\r\n\r\n')}\r\n\r\n\r\n`),
      Buffer.from('\r\n'),
    ])
    expect(types.map(({ type }) => type)).toEqual(['ping', 'message', 'ping', 'ping'])
  })

  it.each([
    ['no length', 'OPTIONS sip:a SIP/2.0\r\nTo: x\r\n\r\n'],
    ['a length beyond the limit', 'OPTIONS sip:a SIP/2.0\r\nl: 70000\r\n\r\n'],
    ['a head without an end', `OPTIONS sip:a SIP/2.0\r\n${'a: b\r\n'.repeat(20_000)}`],
  ])('gives up on %s, once', (_name, text) => {
    expect(feed([Buffer.from(text), Buffer.from(text)])).toEqual([{ type: 'broken' }])
  })
})
