import type { Clock } from '../base/clock.js'
import { CommandError } from './command.js'
import type { CallEvents } from './ports.js'
import { isDialable } from './trunk-gateway.js'

/** What every account may do to numbers, each on its own; undefined: as much as it likes. */
export interface AccountLimits {
  /** Calls of REST that begin in a second; others wait as `queued`. */
  readonly callsPerSecondMax: number | undefined
  /** Calls of REST that may wait. */
  readonly queuedMax: number
  /** Outgoing calls to numbers at once, those that wait included. */
  readonly callsMax: number | undefined
  /** Outgoing calls to numbers within an hour. */
  readonly callsPerHourMax: number | undefined
}

export interface OutgoingCall {
  readonly accountSid: string
  readonly sid: string
  readonly to: string
  readonly direction: string
}

const minuteMs = 60_000
const hourMinutes = 60

/** What one account has called. */
interface Usage {
  readonly live: Set<string>
  /** Calls of each of the last 60 minutes, the newest at `minute` modulo 60. */
  readonly perMinute: number[]
  minute: number
}

/**
 * Guards against toll fraud: whom an account may call, how many at once and within an hour. Only
 * numbers cost money; devices and SIP URIs are not counted.
 */
export class OutgoingLimits {
  readonly #limits: Pick<AccountLimits, 'callsMax' | 'callsPerHourMax'>
  readonly #clock: Pick<Clock, 'monotonicMs'>
  readonly #allows: (phoneNumber: string, accountSid: string) => boolean
  readonly #events: Pick<CallEvents, 'callBlocked'>
  /** One for each account that has called a number; accounts are made by the operator. */
  readonly #usage = new Map<string, Usage>()

  constructor(
    limits: Pick<AccountLimits, 'callsMax' | 'callsPerHourMax'>,
    parts: {
      readonly clock: Pick<Clock, 'monotonicMs'>
      readonly allows: (phoneNumber: string, accountSid: string) => boolean
      readonly events: Pick<CallEvents, 'callBlocked'>
    },
  ) {
    this.#limits = limits
    this.#clock = parts.clock
    this.#allows = parts.allows
    this.#events = parts.events
  }

  /** Counts a call that is about to be made; an error when it may not be made. */
  take({ accountSid, sid, to, direction }: OutgoingCall): CommandError | undefined {
    if (!isDialable(to)) return undefined
    const usage = this.#usageOf(accountSid)
    const { callsMax, callsPerHourMax } = this.#limits
    const blocked = (why: string, error: CommandError) => {
      this.#events.callBlocked(accountSid, sid, why)
      return error
    }
    if (!this.#allows(to, accountSid)) return blocked('destination', notAllowed(direction))
    if (callsMax !== undefined && usage.live.size >= callsMax) {
      return blocked('live', tooMany(`${callsMax} calls to numbers at once`))
    }
    const inHour = usage.perMinute.reduce((sum, count) => sum + count, 0)
    if (callsPerHourMax !== undefined && inHour >= callsPerHourMax) {
      return blocked('hour', tooMany(`${callsPerHourMax} calls to numbers within an hour`))
    }
    usage.live.add(sid)
    count(usage, 1)
    return undefined
  }

  /** A call that was counted just now is not made. */
  giveBack(call: OutgoingCall): void {
    const usage = this.#usage.get(call.accountSid)
    if (usage?.live.delete(call.sid)) count(usage, -1)
  }

  /** The call is over; for one that was not counted it does nothing. */
  release({ accountSid, sid }: Pick<OutgoingCall, 'accountSid' | 'sid'>): void {
    this.#usage.get(accountSid)?.live.delete(sid)
  }

  #usageOf(accountSid: string): Usage {
    const minute = Math.floor(this.#clock.monotonicMs() / minuteMs)
    const known = this.#usage.get(accountSid)
    if (!known) {
      const perMinute = new Array<number>(hourMinutes).fill(0)
      const usage = { live: new Set<string>(), perMinute, minute }
      this.#usage.set(accountSid, usage)
      return usage
    }
    // Minutes that have passed since the last call begin with none.
    const passed = Math.min(minute - known.minute, hourMinutes)
    for (let step = 0; step < passed; step++) known.perMinute[(minute - step) % hourMinutes] = 0
    known.minute = minute
    return known
  }
}

function count(usage: Usage, calls: 1 | -1): void {
  const slot = usage.minute % hourMinutes
  usage.perMinute[slot] = (usage.perMinute[slot] as number) + calls
}

function notAllowed(direction: string): CommandError {
  const message = 'This account may not call that number: see DIALPLANE_ALLOW_NUMBERS'
  const code = direction === 'outbound-dial' ? 13227 : 21215
  return new CommandError('ERR_DESTINATION_NOT_ALLOWED', code, message)
}

function tooMany(what: string): CommandError {
  return new CommandError('ERR_ACCOUNT_LIMIT', 20429, `The account has made ${what}, its limit`)
}
