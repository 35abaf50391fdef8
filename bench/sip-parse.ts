/** Parses and writes one ordinary INVITE again and again; prints messages per second. */
import { inspectRequest } from '../src/sip/inspect.js'
import { parseMessage } from '../src/sip/parser.js'
import { serializeMessage } from '../src/sip/serializer.js'

const text = Buffer.from(
  [
    'INVITE sip:+15551234567@192.0.2.9 SIP/2.0',
    'Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK776asdhds;rport',
    'Max-Forwards: 70',
    'From: "Alice" <sip:alice@example.com>;tag=1928301774',
    'To: <sip:+15551234567@192.0.2.9>',
    'Call-ID: a84b4c76e66710@192.0.2.1',
    'CSeq: 314159 INVITE',
    'Contact: <sip:alice@192.0.2.1:5060>',
    'Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, INFO, UPDATE',
    'Supported: replaces, timer',
    'User-Agent: Example/1.0',
    'Content-Type: application/sdp',
    '',
    'v=0',
    'o=alice 53655765 2353687637 IN IP4 192.0.2.1',
    's=-',
    'c=IN IP4 192.0.2.1',
    't=0 0',
    'm=audio 49172 RTP/AVP 0 8 101',
    'a=sendrecv',
    '',
  ].join('\r\n'),
)

const written = parseMessage(text)
if (!written.ok) throw new Error('the INVITE is malformed')
// Now with its Content-Length.
const invite = serializeMessage(written.value)

function measure(name: string, step: () => void): void {
  for (let count = 0; count < 20_000; count++) step()
  const startMs = performance.now()
  let count = 0
  while (performance.now() - startMs < 2000) {
    for (let inner = 0; inner < 1000; inner++) step()
    count += 1000
  }
  const perSecond = Math.round((count * 1000) / (performance.now() - startMs))
  console.log(`${name}: ${perSecond} INVITE/s`)
}

measure('parse', () => {
  parseMessage(invite)
})
measure('parse, inspect and serialize', () => {
  const parsed = parseMessage(invite)
  if (!parsed.ok || parsed.value.type !== 'request') throw new Error('the INVITE is malformed')
  inspectRequest(parsed.value)
  serializeMessage(parsed.value)
})
