import type { Call } from './call.js'
import { newCallRecord } from './call-record.js'
import { callerIdOf } from './caller-id.js'
import type { DialledParty, DialSettings, DialWorld } from './dial.js'
import { routeTo } from './dial-target.js'
import { identityOf } from './identity.js'
import { tellAnswerer } from './machine-detection.js'
import type { FoundRoute } from './ports.js'

export interface AttemptListener {
  /** It rings. */
  ringing(child: Call): void
  /** It sends media before it answers; undefined: nobody wants to hear that. */
  early: ((child: Call) => void) | undefined
}

/** One party that is called for a caller: the call to it, until it has answered and accepted, or not. */
export class DialAttempt {
  readonly child: Call
  readonly #parent: Call
  readonly #party: DialledParty
  readonly #settings: DialSettings
  readonly #world: DialWorld
  readonly #route: FoundRoute
  readonly #from: string

  private constructor(
    child: Call,
    parent: Call,
    party: DialledParty,
    settings: DialSettings,
    world: DialWorld,
    way: { readonly route: FoundRoute; readonly from: string },
  ) {
    this.child = child
    this.#parent = parent
    this.#party = party
    this.#settings = settings
    this.#world = world
    this.#route = way.route
    this.#from = way.from
  }

  /** Stores the call to the party. Rejects with RouterError when that, or the caller id, is refused. */
  static async make(
    parent: Call,
    party: DialledParty,
    settings: DialSettings,
    world: DialWorld,
  ): Promise<DialAttempt> {
    const { childSid, target } = party
    const from = await callerIdOf(parent, target.noun, settings.callerId)
    const route = party.route ?? (await routeTo(parent, target, childSid))
    const child = await world.calls.makeOutgoing(childRecord(parent, party, from))
    return new DialAttempt(child, parent, party, settings, world, { route, from })
  }

  /** Resolves when the party has answered and accepted (true), or will not. */
  async reach(listener: AttemptListener): Promise<boolean> {
    const { child } = this
    const route = this.#route
    const isLoop = child.record.maxForwards < 1
    if (!route || route === 'notRegistered' || isLoop) {
      // Nobody is there, as when a phone rings in an empty room; no route is a fault.
      child.finish(route && !isLoop ? 'no-answer' : 'failed', { type: 'end' })
      return false
    }
    if (child.endedSignal.aborted) return false
    const { endpointId } = await this.#parent.audio.open()
    const { sendDigits, screening, machineDetection } = this.#party.target
    const { early } = listener
    const isHeardEarly = early !== undefined && screening === undefined
    const identity = identityOf(this.#from, this.#parent.ports.config.sipHost)
    const status = await child.connect(route, identity, this.#settings.timeoutMs, {
      near: endpointId,
      onRinging: () => listener.ringing(child),
      ...(isHeardEarly ? { onEarlyMedia: () => early(child) } : {}),
    })
    // Who answers may hang up before we have connected it.
    if (status === 'completed') return screening === undefined
    if (status !== 'in-progress') return false
    if (machineDetection) {
      const { events } = child.ports
      tellAnswerer(child, machineDetection).catch((error) => events.bug(error, child.sid))
    }
    if (sendDigits !== undefined) {
      await child.audio.sendDigits(sendDigits, child.leftSignal).catch((error) => {
        if (!child.hasLeft) throw error
      })
    }
    return screening === undefined || this.#isAccepted(screening)
  }

  /** Ends the call, if it is still ours. */
  giveUp(): void {
    const { child } = this
    if (child.hasLeft) return
    if (child.isAnswered) child.hangUp()
    else child.finishUnanswered('canceled')
  }

  /** Lets the party hear who it is, and perhaps press a key: it accepts when its document ends. */
  async #isAccepted(screening: NonNullable<DialledParty['target']['screening']>): Promise<boolean> {
    const { child } = this
    const end = await this.#world.runProgram(child, screening, child.leftSignal, 'screening')
    if (end === 'bridge' && !child.hasLeft) return true
    if (!child.hasLeft) child.hangUp()
    return false
  }
}

function childRecord(parent: Call, { childSid, target }: DialledParty, from: string) {
  return newCallRecord(
    {
      sid: childSid,
      accountSid: parent.record.accountSid,
      parentCallSid: parent.sid,
      direction: 'outbound-dial',
      from,
      to: target.noun === 'Client' ? `client:${target.address}` : addressOf(target),
      status: 'initiated',
      maxForwards: parent.record.maxForwards - 1,
      statusCallback: target.statusCallback,
    },
    parent.ports.clock.nowMs(),
  )
}

function addressOf({ address, places = [] }: DialledParty['target']): string {
  return address || (places[0]?.address ?? '')
}
