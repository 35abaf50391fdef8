import type { Clock } from '../base/clock.js'
import type { MessageSummary } from '../sip/message-summary.js'
import type { OutsideCommand } from '../sip/outside-events.js'
import type { SipMailboxRow } from '../store/schema.js'
import {
  countSipMailboxes,
  deleteSipMailbox,
  findSipMailbox,
  putSipMailbox,
} from '../store/sip-mailboxes.js'
import type { Store } from '../store/store.js'

export interface Mailbox extends MessageSummary {
  readonly addressOfRecord: string
  readonly updatedMs: number
}

/** Whose mailbox a name means. */
export interface MailboxAddress {
  readonly addressOfRecord: string
  readonly domainName: string
  /** Of the SIP Domain; undefined: it is of our own domain. */
  readonly accountSid: string | undefined
}

export interface MailboxesParts {
  readonly store: Store
  readonly clock: Pick<Clock, 'nowMs'>
  readonly sip: { send(command: OutsideCommand): void }
  readonly realm: string
  /** Names of our own domain. */
  readonly ownDomains: ReadonlySet<string>
  readonly domains: { find(host: string): { readonly accountSid: string } | undefined }
}

const userLengthMax = 256
const mailboxesMax = 100_000
const empty: MessageSummary = { newMessages: 0, oldMessages: 0 }

/** How many messages wait for whom, as REST has said; the phones that have subscribed are told. */
export class Mailboxes {
  readonly #parts: MailboxesParts

  constructor(parts: MailboxesParts) {
    this.#parts = parts
  }

  /** `user` of our own domain, or `user@domain`; undefined: of no domain of ours. */
  locate(name: string): MailboxAddress | undefined {
    const { realm, ownDomains, domains } = this.#parts
    const at = name.lastIndexOf('@')
    const user = at < 0 ? name : name.slice(0, at)
    const host = at < 0 ? realm : name.slice(at + 1).toLowerCase()
    if (user === '' || user.length > userLengthMax) return undefined
    if (at < 0 || ownDomains.has(host)) {
      return { addressOfRecord: `${user}@${realm}`, domainName: realm, accountSid: undefined }
    }
    const domain = domains.find(host)
    if (!domain) return undefined
    const { accountSid } = domain
    return { addressOfRecord: `${user}@${host}`, domainName: host, accountSid }
  }

  async find(addressOfRecord: string): Promise<Mailbox | undefined> {
    const query = findSipMailbox(addressOfRecord)
    const [row] = await this.#parts.store.read<SipMailboxRow>(query)
    return row && mailboxOf(row)
  }

  /** Undefined: there are too many. */
  async put(address: MailboxAddress, summary: MessageSummary): Promise<Mailbox | undefined> {
    const { store, clock } = this.#parts
    const { addressOfRecord, domainName } = address
    if (!(await this.find(addressOfRecord))) {
      const [counted] = await store.read(countSipMailboxes())
      if ((counted?.count ?? 0) >= mailboxesMax) return undefined
    }
    const row: SipMailboxRow = {
      address_of_record: addressOfRecord,
      domain_name: domainName,
      new_messages: summary.newMessages,
      old_messages: summary.oldMessages,
      updated_ms: clock.nowMs(),
    }
    await store.write([putSipMailbox(row)])
    this.#tell(addressOfRecord, summary)
    return mailboxOf(row)
  }

  async remove(addressOfRecord: string): Promise<void> {
    await this.#parts.store.write([deleteSipMailbox(addressOfRecord)])
    this.#tell(addressOfRecord, empty)
  }

  /** For a phone that subscribes. */
  async summaryOf(addressOfRecord: string): Promise<MessageSummary> {
    return (await this.find(addressOfRecord)) ?? empty
  }

  #tell(addressOfRecord: string, { newMessages, oldMessages }: MessageSummary): void {
    const summary = { newMessages, oldMessages }
    this.#parts.sip.send({ type: 'messageSummary', addressOfRecord, summary })
  }
}

function mailboxOf(row: SipMailboxRow): Mailbox {
  return {
    addressOfRecord: row.address_of_record,
    newMessages: row.new_messages,
    oldMessages: row.old_messages,
    updatedMs: row.updated_ms,
  }
}
