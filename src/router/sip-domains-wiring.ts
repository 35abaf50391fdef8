import type { Clock } from '../base/clock.js'
import type { OutsideCommand } from '../sip/outside-events.js'
import type { SecretBox } from '../store/secret-box.js'
import type { Store } from '../store/store.js'
import type { Config } from './config.js'
import type { DeviceDirectory } from './device-directory.js'
import { Mailboxes } from './mailboxes.js'
import { ownDomains } from './own-domains.js'
import { SipDomainsKeeper } from './sip-domains-keeper.js'

export interface SipDomainsParts {
  readonly config: Pick<Config, 'sip' | 'publicHost'>
  readonly store: Store
  readonly box: SecretBox
  readonly clock: Pick<Clock, 'nowMs'>
  readonly sip: { send(command: OutsideCommand): void }
}

const domainNameLengthMax = 253
const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'
const hostName = new RegExp(`^${label}(?:\\.${label})+$`)

/** The SIP Domains of accounts with the mailboxes of all users. */
export async function openSipDomains(parts: SipDomainsParts) {
  const { config, store, clock, sip } = parts
  const { realm } = config.sip
  const keeper = await SipDomainsKeeper.open({ ...parts, realm })
  const own = ownDomains({ ...config.sip, publicHost: config.publicHost })
  const { domains } = keeper
  return {
    keeper,
    domains,
    mailboxes: new Mailboxes({ store, clock, sip, realm, ownDomains: own, domains }),
    fullName: (name: string) => fullName(name, realm, own),
    /** Devices go when their credential or domain does. */
    watchDevices(devices: DeviceDirectory): void {
      const unbind = () => {
        const isUser = (user: string, host: string) => domains.mayRegister(user, host)
        for (const addressOfRecord of devices.strangers(isUser)) {
          sip.send({ type: 'unbind', addressOfRecord })
        }
      }
      keeper.onChange(unbind)
      unbind()
    },
  }
}

export type OpenedSipDomains = Awaited<ReturnType<typeof openSipDomains>>

/** A host name as it stands; one word is a name below the realm. Undefined: no host name, or our own. */
export function fullName(
  given: string,
  realm: string,
  own: ReadonlySet<string>,
): string | undefined {
  const name = (given.includes('.') ? given : `${given}.${realm}`).toLowerCase()
  // An address is no name (RFC 3696 §2).
  const isHostName = hostName.test(name) && !/\.\d+$/.test(name)
  return isHostName && name.length <= domainNameLengthMax && !own.has(name) ? name : undefined
}
