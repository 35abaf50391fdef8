import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { SeededIds } from '../../src/base/ids.js'
import { SipEngine } from '../../src/sip/engine.js'
import type { Flow, SipOutput } from '../../src/sip/events.js'
import { parseMessage } from '../../src/sip/parser.js'
import { serializeMessage } from '../../src/sip/serializer.js'
import { type TortureOutcome, tortureCases } from './torture.js'

const directory = resolve(import.meta.dirname, '../../../shared/vectors/sip')
const present = existsSync(directory)

const flow: Flow = {
  transport: 'udp',
  localAddress: '192.0.2.9',
  localPort: 5060,
  remoteAddress: '192.0.2.1',
  remotePort: 5060,
}

function makeEngine(trusted: boolean): SipEngine {
  return new SipEngine({
    ids: new SeededIds(1),
    realm: 'test',
    userAgent: 'Dialplane/test',
    isTrusted: () => trusted,
    isOwnDomain: () => true,
    advertised: () => ({ host: '192.0.2.9', port: 5060 }),
    limits: { legsMax: 10, transactionsMax: 10, questionsMax: 10 },
  })
}

function receive(engine: SipEngine, bytes: Uint8Array): SipOutput[] {
  const out: SipOutput[] = []
  engine.handle({ type: 'received', flow, bytes }, 0, out)
  return out
}

function outcomeOf(out: readonly SipOutput[]): TortureOutcome | undefined {
  if (out.some(({ type }) => type === 'invited')) return 'invited'
  if (out.some(({ type }) => type === 'messageReceived')) return 'message'
  for (const output of out) {
    if (output.type !== 'send') continue
    const parsed = parseMessage(output.bytes)
    if (parsed.ok && parsed.value.type === 'response') return parsed.value.status
  }
  for (const output of out) {
    if (output.type !== 'counted') continue
    if (output.counter === 'stray' || output.counter === 'malformed') return output.counter
  }
  return undefined
}

describe.skipIf(!present)('the torture messages of RFC 4475', () => {
  it('are all in the table', () => {
    const files = readdirSync(directory).filter((name) => name.endsWith('.dat'))
    expect(tortureCases.map(({ file }) => `${file}.dat`).sort()).toEqual(files.sort())
    expect(tortureCases).toHaveLength(49)
  })

  it.each(tortureCases)('$file ($section): $outcome, $why', ({ file, outcome }) => {
    const bytes = readFileSync(resolve(directory, `${file}.dat`))
    expect(outcomeOf(receive(makeEngine(true), bytes))).toBe(outcome)
  })

  it.each(tortureCases)('$file lets no stranger in', ({ file }) => {
    const bytes = readFileSync(resolve(directory, `${file}.dat`))
    const outcome = outcomeOf(receive(makeEngine(false), bytes))
    expect([400, 401, 481, 505, 'stray', 'malformed']).toContain(outcome)
  })

  it.each(tortureCases)('$file is the same after writing it', ({ file }) => {
    const parsed = parseMessage(readFileSync(resolve(directory, `${file}.dat`)))
    if (!parsed.ok) return
    const again = parseMessage(serializeMessage(parsed.value))
    const withoutLength = (message: typeof parsed.value) => ({
      ...message,
      headers: message.headers.filter(({ name }) => name !== 'Content-Length'),
      body: [...message.body],
    })
    expect(again.ok && withoutLength(again.value)).toEqual(withoutLength(parsed.value))
  })

  it('keep their outcome when they are cut anywhere', () => {
    for (const { file } of tortureCases) {
      const bytes = readFileSync(resolve(directory, `${file}.dat`))
      const engine = makeEngine(true)
      for (let length = 0; length < bytes.length; length += 7) {
        receive(engine, bytes.subarray(0, length))
      }
    }
  })
})
