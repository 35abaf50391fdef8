import type { Ids } from '../base/ids.js'
import type { Alternative, Route, Routes } from '../call/ports.js'
import type { OutsideCommand, OutsideEvent, ReceivedMessage } from '../sip/outside-events.js'
import { escapeUser, parseSipUri, type SipUri, userOf } from '../sip/uri.js'

export interface DeviceMessagesParts {
  readonly sip: { send(command: OutsideCommand): void }
  readonly routes: Pick<Routes, 'device'>
  /** Whether a URI names a user of ours: nothing is passed on to others. */
  isOwnUri(uri: SipUri): boolean
  readonly domains: { has(host: string): boolean }
  readonly realm: string
  readonly ids: Ids
}

/** A message on its way to the devices of one user. */
interface Delivery {
  readonly messageId: string
  open: number
  isAnswered: boolean
}

/** Texts between the phones of our users (RFC 3428): a MESSAGE goes to every device of who it is for. */
export class DeviceMessages {
  readonly #parts: DeviceMessagesParts
  readonly #deliveries = new Map<string, Delivery>()

  constructor(parts: DeviceMessagesParts) {
    this.#parts = parts
  }

  /** Copies that have no outcome yet. */
  get size(): number {
    return this.#deliveries.size
  }

  handle(event: OutsideEvent): void {
    if (event.type === 'messageReceived') void this.#received(event)
    else if (event.type === 'messageSent') this.#sent(event.messageId, event.status)
  }

  async #received(message: ReceivedMessage): Promise<void> {
    const { messageId } = message
    const uri = parseSipUri(message.requestUri)
    const user = uri && userOf(uri)
    const { routes, domains, isOwnUri } = this.#parts
    const domainName = uri && domains.has(uri.host) ? uri.host : undefined
    if (!uri || !user || (domainName === undefined && !isOwnUri(uri))) {
      this.#answer(messageId, 404)
      return
    }
    const route = await routes.device(user, domainName).catch(() => undefined)
    if (!route || route === 'notRegistered') this.#answer(messageId, 480)
    else this.#deliver(message, route, domainName)
  }

  #deliver(message: ReceivedMessage, route: Route, domainName: string | undefined): void {
    const { sip, ids } = this.#parts
    const ways = [wayOf(route), ...(route.alternatives ?? [])]
    const delivery: Delivery = {
      messageId: message.messageId,
      open: ways.length,
      isAnswered: false,
    }
    for (const way of ways) {
      const copyId = ids.hex(12)
      this.#deliveries.set(copyId, delivery)
      sip.send({
        type: 'sendMessage',
        ...way,
        messageId: copyId,
        from: this.#senderOf(message, domainName),
        to: message.to,
        maxForwards: message.maxForwards - 1,
        contentType: message.contentType,
        body: message.body,
      })
    }
  }

  /** Who has proved to be a user cannot write in the name of another. */
  #senderOf(
    { trust, username, from }: ReceivedMessage,
    domainName = this.#parts.realm,
  ): ReceivedMessage['from'] {
    if (trust === 'address' || username === undefined) return from
    return { ...from, uri: `sip:${escapeUser(username)}@${domainName}` }
  }

  /** The first device that takes it has taken it for the user. */
  #sent(copyId: string, status: number): void {
    const delivery = this.#deliveries.get(copyId)
    if (!delivery) return
    this.#deliveries.delete(copyId)
    delivery.open--
    const isDecided = status < 300 || delivery.open === 0
    if (!isDecided || delivery.isAnswered) return
    delivery.isAnswered = true
    this.#answer(delivery.messageId, status < 300 ? 200 : 480)
  }

  #answer(messageId: string, status: number): void {
    this.#parts.sip.send({ type: 'answerMessage', messageId, status })
  }
}

function wayOf({ target, nextHop, routes, flow }: Route): Alternative {
  return {
    target,
    ...(nextHop === undefined ? {} : { nextHop }),
    ...(routes === undefined ? {} : { routes }),
    ...(flow === undefined ? {} : { flow }),
  }
}
