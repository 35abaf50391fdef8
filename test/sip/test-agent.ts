import { SeededIds } from '../../src/base/ids.js'
import { type EngineRun, runSipEngine } from '../../src/net/run-sip-engine.js'
import { createSipTransport, type SipTransport } from '../../src/net/sip-transport.js'
import { SipEngine } from '../../src/sip/engine.js'
import type { SipInput, SipOutput } from '../../src/sip/events.js'

/** An engine on real sockets, with what it reported. */
export interface TestAgent {
  readonly engine: SipEngine
  readonly transport: SipTransport
  readonly run: EngineRun<SipInput>
  readonly events: SipOutput[]
  close(): Promise<void>
}

export const testSdp = [
  'v=0',
  'o=- 1 1 IN IP4 127.0.0.1',
  's=-',
  'c=IN IP4 127.0.0.1',
  't=0 0',
  'm=audio 40000 RTP/AVP 0',
  '',
].join('\r\n')

const clock = { monotonicMs: () => performance.now() }

export async function startAgent(
  onEvent: (event: SipOutput, agent: TestAgent) => void,
): Promise<TestAgent> {
  const events: SipOutput[] = []
  let agent: TestAgent | undefined
  const transport = await createSipTransport(
    { host: '127.0.0.1', port: 0, isTrusted: () => true },
    (input) => agent?.run.handle(input),
  )
  const engine = new SipEngine({
    ids: new SeededIds(transport.port),
    realm: 'test',
    userAgent: 'Dialplane/test',
    isTrusted: () => true,
    advertised: () => ({ host: '127.0.0.1', port: transport.port }),
    limits: { legsMax: 1000, transactionsMax: 10_000, questionsMax: 10 },
  })
  const run = runSipEngine<SipInput, SipOutput>(engine, transport, clock, {
    onOutput: (event) => {
      events.push(event)
      if (agent) onEvent(event, agent)
    },
  })
  agent = {
    engine,
    transport,
    run,
    events,
    async close() {
      run.stop()
      await transport.close()
    },
  }
  return agent
}
