import { setTimeout as delay } from 'node:timers/promises'
import { type Invitation, type Session, SessionState } from 'sip.js'
import { eventually } from '../e2e/harness/eventually.js'
import { toneAmongSeconds } from '../e2e/harness/measure.js'
import { type PagePhone, startPagePhone } from '../e2e/harness/sip-js.js'
import { startTestbed, type Testbed } from '../e2e/harness/testbed.js'
import type { Scenario, Step } from './scenario.js'

const password = 'a-phone-in-a-page'

/** A phone with the calls it has been in, oldest first. */
interface Player {
  readonly phone: PagePhone
  readonly toneHz: number
  readonly sessions: Session[]
  /** Calls that came and were seen ringing. */
  rung: number
  calling: Promise<{ readonly session: Session; readonly status: number }> | undefined
}

/** Carries a ladder out over real calls; throws with the line of the step that did not come true. */
export async function climb(scenario: Scenario): Promise<void> {
  const users = [...scenario.phones.keys()].map((user) => `${user}:${password}`)
  const bed = await startTestbed({
    DIALPLANE_SIP_USERS: users.join(','),
    // The phones know only this.
    DIALPLANE_SIP_DIGEST: 'MD5',
  })
  const ladder = new Ladder(scenario, bed)
  try {
    await ladder.open()
    for (const step of scenario.steps) {
      await ladder.take(step).catch((error: Error) => {
        const { who, does, what, line } = step
        const words = [who, does, what].filter((word) => word !== '').join(' ')
        throw new Error(`line ${line}, "${words}": ${error.message}`, { cause: error })
      })
    }
    await ladder.close()
    await bed.quiet()
  } catch (error) {
    // What the router warned of says more than the step that waited in vain.
    const warnings = bed.router.log().match(/^.*"level":[456]0.*$/gm) ?? []
    throw new Error([(error as Error).message, ...warnings].join('\n'), { cause: error })
  } finally {
    await ladder.close()
    await bed.close()
  }
}

class Ladder {
  readonly #scenario: Scenario
  readonly #bed: Testbed
  readonly #players = new Map<string, Player>()
  readonly #numbers = new Map<string, string>()
  /** Requests that a step has seen already, by path. */
  readonly #seen = new Map<string, number>()

  constructor(scenario: Scenario, bed: Testbed) {
    this.#scenario = scenario
    this.#bed = bed
  }

  async open(): Promise<void> {
    const { documents, numbers, phones } = this.#scenario
    for (const { path } of documents) {
      this.#bed.app.on(path, ({ parameters }) => {
        const fitting = documents
          .filter((one) => one.path === path)
          .filter(({ when }) => when.every(([name, value]) => parameters[name] === value))
          .sort((one, other) => other.when.length - one.when.length)
        return this.#named(fitting[0]?.xml ?? '<Response/>')
      })
    }
    for (const [name, path] of numbers) {
      const own = await this.#bed.number({}, { voiceUrl: this.#bed.app.url(path) })
      this.#numbers.set(name, own)
    }
    const url = `ws://127.0.0.1:${this.#bed.router.httpPort}/sip`
    for (const [user, toneHz] of phones) {
      const phone = await startPagePhone({ url, user, password, toneHz })
      this.#players.set(user, { phone, toneHz, sessions: [], rung: 0, calling: undefined })
      if ((await phone.register()) !== 200) throw new Error(`${user} could not register`)
    }
  }

  async close(): Promise<void> {
    for (const { phone, sessions } of this.#players.values()) {
      for (const session of sessions) await end(session).catch(() => {})
      await phone.close()
    }
    this.#players.clear()
  }

  async take({ who, does, what }: Step): Promise<void> {
    if (who === 'REST') return this.#rest(does, what)
    if (who === 'app') return this.#application(what)
    if (who === 'time') return delay(Number.parseFloat(what) * 1_000).then(() => {})
    const player = this.#players.get(who)
    if (!player) throw new Error(`there is no phone ${who}`)
    await this.#phone(player, does, what)
  }

  async #phone(player: Player, does: string, what: string): Promise<void> {
    const { phone, sessions } = player
    const current = sessions.at(-1) as Session
    switch (does) {
      case 'calls':
        player.calling = phone.call(this.#uriOf(what))
        return
      case 'is answered': {
        const { session, status } = (await player.calling) ?? { status: 0, session: current }
        if (status !== 200) throw new Error(`the call got ${status}`)
        sessions.push(session)
        return
      }
      case 'rings':
        await this.#rings(player)
        return
      case 'answers':
        return accept(player)
      case 'refuses':
        await lastRung(player).reject({ statusCode: 486 })
        return
      case 'stops ringing':
        return phone.ended(lastRung(player))
      case 'presses':
        return phone.press(current, what)
      case 'hears':
      case 'does not hear':
        return this.#hears(player, does === 'hears', what)
      case 'holds':
        return phone.hold(sessionOf(player, what), true)
      case 'resumes':
        return phone.hold(sessionOf(player, what), false)
      case 'transfers':
        return this.#transfers(player, what)
      case 'hangs up':
        return end(sessionOf(player, what))
      case 'is hung up':
        return phone.ended(sessionOf(player, what))
      default:
        throw new Error(`nobody knows how a phone "${does}"`)
    }
  }

  async #rings(player: Player): Promise<void> {
    await eventually('a call', () => player.phone.invitations[player.rung])
    player.rung++
  }

  /** `bob 1 s`, `900 Hz 1 s`, `music 1 s` or `anything 1 s`: from now on. */
  async #hears(player: Player, isHeard: boolean, what: string): Promise<void> {
    const [, name = '', seconds = '1'] = /^(.*?)\s+([\d.]+) s(?: \(.*\))?$/.exec(what) ?? []
    const sound = player.phone.soundOf(player.sessions.at(-1) as Session)
    if (!sound) throw new Error('it is in no call')
    const from = sound.heard().length
    const has = () => toneAmongSeconds(sound.heard().subarray(from), this.#toneOf(name))
    if (!isHeard) {
      await delay(Number(seconds) * 1_000)
      if (has() > 0.1) throw new Error(`it heard ${has().toFixed(1)} s`)
      return
    }
    await eventually(`${seconds} s of ${name}`, () => has() >= Number(seconds) || undefined)
  }

  #toneOf(name: string): number | undefined {
    const hz = this.#players.get(name)?.toneHz ?? Number.parseInt(name, 10)
    if (name === 'music' || name === 'anything') return undefined
    if (Number.isNaN(hz)) throw new Error(`nobody knows what ${name} sounds like`)
    return hz
  }

  /** `to carol`: the last call; `first to second`: its first call to who is in its second. */
  async #transfers(player: Player, what: string): Promise<void> {
    const [from = '', to = ''] = what.split(/\s*\bto\b\s*/)
    const session = sessionOf(player, from)
    const target = ['first', 'second'].includes(to) ? sessionOf(player, to) : this.#uriOf(to)
    const status = await player.phone.transfer(session, target)
    if (status !== 202) throw new Error(`the REFER got ${status}`)
  }

  #uriOf(name: string): string {
    const number = this.#numbers.get(name)
    if (number !== undefined) return this.#bed.uriOf(number)
    if (this.#players.has(name)) return `sip:${name}@127.0.0.1:${this.#bed.router.sipPort}`
    throw new Error(`there is neither a number nor a phone ${name}`)
  }

  /** `Calls/{alice}`, `{room}`: sids of the live call of a phone, of a conference, of a queue. */
  async #rest(method: string, what: string): Promise<void> {
    const [, path = '', form = ''] = /^(\S+)\s*(.*)$/.exec(what) ?? []
    const { baseUrl, accountSid, authToken } = this.#bed.router
    const filled = await this.#filled(path)
    const response = await fetch(`${baseUrl}/2010-04-01/Accounts/${accountSid}/${filled}.json`, {
      method,
      headers: { Authorization: `Basic ${btoa(`${accountSid}:${authToken}`)}` },
      ...(method === 'POST' ? { body: new URLSearchParams(await this.#filled(form)) } : {}),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${response.status} ${text}`)
  }

  async #filled(text: string): Promise<string> {
    let filled = this.#named(text)
    for (const [whole, name = ''] of text.matchAll(/\{(\w+)\}/g)) {
      filled = filled.replace(whole, await this.#sidOf(name))
    }
    return filled
  }

  /** URLs and numbers in place of their names: `<app>/path`, `<office>`. */
  #named(text: string): string {
    let named = text.replaceAll('<app>', this.#bed.app.baseUrl)
    for (const [name, number] of this.#numbers) {
      named = named.replaceAll(`<${name}>`, encodeURIComponent(number))
    }
    return named
  }

  async #sidOf(name: string): Promise<string> {
    const { client } = this.#bed
    return eventually(`something live that is called ${name}`, async () => {
      const calls = await client.calls.list({ status: 'in-progress' })
      const isOf = (address: string) =>
        address === `client:${name}` || address.includes(`sip:${name}@`)
      const call = calls.find(({ to, from, direction }) =>
        isOf(direction === 'inbound' ? from : to),
      )
      if (call) return call.sid
      const [room] = await client.conferences.list({ friendlyName: name, status: 'in-progress' })
      if (room) return room.sid
      return (await client.queues.list()).find(({ friendlyName }) => friendlyName === name)?.sid
    })
  }

  /** `/path Name=value …`: a request with these parameters, that no step has seen. */
  async #application(what: string): Promise<void> {
    const [path = '', ...expected] = what.split(/\s+/)
    const seen = this.#seen.get(path) ?? 0
    const request = await eventually(`a request to ${path}`, () => this.#bed.app.to(path)[seen])
    this.#seen.set(path, seen + 1)
    for (const pair of expected) {
      const [name = '', value = ''] = pair.split('=')
      const actual = request.parameters[name]
      if (actual !== value) throw new Error(`${name} is ${actual}, not ${value}`)
    }
  }
}

function lastRung({ phone, rung }: Player): Invitation {
  return phone.invitations[rung - 1] as Invitation
}

async function accept(player: Player): Promise<void> {
  const invitation = lastRung(player)
  await invitation.accept()
  player.sessions.push(invitation)
}

/** `first`, `second`; default: the last. */
function sessionOf({ sessions }: Player, name: string): Session {
  const session = sessions[['first', 'second', 'third'].indexOf(name.trim())] ?? sessions.at(-1)
  if (!session) throw new Error('it is in no call')
  return session
}

async function end(session: Session): Promise<void> {
  if (session.state === SessionState.Established) await session.bye()
}
