import type { Call } from '../call/call.js'
import { newCallRecord } from '../call/call-record.js'
import type { ChildMaker } from '../call/dial.js'
import type { ApplicationConfig } from '../call/ports.js'
import type { DialOptions, DialOutcome, Leg } from '../verbs/leg.js'
import { startAt } from '../verbs/program-state.js'
import { callVerbs, type ProgramPorts, runProgram } from '../verbs/run.js'

interface ApplicationWorld {
  readonly calls: ChildMaker
  /** Of the call that dials. */
  readonly leg: Leg
  portsOf(child: Call): ProgramPorts
  resolve(url: string, base: string | undefined): string
  find(accountSid: string, applicationSid: string): Promise<ApplicationConfig | undefined>
}

/**
 * A Dial of an application: its documents are carried out on the caller itself, under a call of their own.
 * Their end, or a Hangup in them, ends that call, and the document of the Dial goes on.
 */
export async function dialApplication(
  caller: Call,
  options: DialOptions,
  world: ApplicationWorld,
  signal: AbortSignal,
): Promise<DialOutcome> {
  const [party] = options.parties
  if (!party) throw new Error('no application is dialled')
  const application = await world.find(caller.record.accountSid, party.address)
  const child = await world.calls.makeOutgoing(childRecord(caller, party, options, world))
  if (!application?.voice || child.endedSignal.aborted) {
    child.finish('failed', { type: 'end' })
    return { status: 'failed', durationMs: 0, bridged: false, childSid: child.sid }
  }
  await caller.answer(signal)
  child.beAnswered()
  const startMs = caller.ports.clock.nowMs()
  try {
    await run(child, application, options, world, signal)
  } finally {
    child.finish('completed', { type: 'end' })
  }
  const durationMs = caller.ports.clock.nowMs() - startMs
  return { status: 'completed', durationMs, bridged: true, childSid: child.sid }
}

async function run(
  child: Call,
  { voice, fallback }: ApplicationConfig,
  { parties: [party], timeLimitMs }: DialOptions,
  { leg, portsOf }: ApplicationWorld,
  signal: AbortSignal,
): Promise<void> {
  if (!voice || !party) return
  const ports = portsOf(child)
  const over = new AbortController()
  const until = AbortSignal.any([signal, child.endedSignal])
  const limit = ports.clock.sleep(timeLimitMs, AbortSignal.any([until, over.signal])).then(
    () => child.finish('completed', { type: 'end' }),
    () => {},
  )
  const { parameters } = party
  const start = startAt({ ...voice, parameters, token: ports.ids.hex(16) })
  const rules = { allowedVerbs: callVerbs, atEnd: 'silence' as const }
  // A Hangup ends the application alone.
  const own = Object.create(leg, { hangUp: { value: () => {} } }) as Leg
  await runProgram(own, start, fallback ? { ...rules, fallback } : rules, ports, until)
  over.abort()
  await limit
}

function childRecord(
  caller: Call,
  { address, childSid, statusCallback }: DialOptions['parties'][number],
  { base }: DialOptions,
  { resolve }: ApplicationWorld,
) {
  const { record, ports } = caller
  return newCallRecord(
    {
      sid: childSid,
      accountSid: record.accountSid,
      parentCallSid: record.sid,
      direction: 'outbound-dial',
      from: record.from,
      to: `app:${address}`,
      status: 'initiated',
      maxForwards: record.maxForwards - 1,
      statusCallback: statusCallback && {
        ...statusCallback,
        url: resolve(statusCallback.url, base),
      },
    },
    ports.clock.nowMs(),
  )
}
