import { X509Certificate } from 'node:crypto'
import { isIP, type Socket } from 'node:net'
import { connect, createSecureContext, rootCertificates, TLSSocket } from 'node:tls'
import type { SocketTarget } from './sip-flow.js'

export interface TlsSettings {
  /** Ours, PEM, with its chain and its key; without them we only connect. */
  readonly own?: { readonly certificate: string; readonly key: string } | undefined
  /** PEM of authorities that peers may have, besides those of the system. */
  readonly authorities?: string | undefined
  /** `*.example.com` in a peer's certificate is for hosts there; RFC 5922 §7.2 says it is not. */
  readonly wildcards?: boolean
}

export const tlsVersionMin = 'TLSv1.2'

/** Makes TLS ends of SIP connections. Throws for a certificate and a key that do not belong together. */
export class SipTls {
  readonly #server: ReturnType<typeof createSecureContext> | undefined
  readonly #client: ReturnType<typeof createSecureContext>
  readonly #wildcards: boolean

  constructor({ own, authorities, wildcards = false }: TlsSettings) {
    this.#wildcards = wildcards
    const identity = own ? { cert: own.certificate, key: own.key } : {}
    const minVersion = tlsVersionMin
    this.#server = own ? createSecureContext({ ...identity, minVersion }) : undefined
    const ca = authorities === undefined ? {} : { ca: [...rootCertificates, authorities] }
    this.#client = createSecureContext({ ...identity, ...ca, minVersion })
  }

  /** Our end of an accepted connection; 'secure' tells of the end of the handshake. */
  accept(socket: Socket): TLSSocket {
    if (!this.#server) throw new Error('TLS without a certificate')
    const secured = new TLSSocket(socket, { isServer: true, secureContext: this.#server })
    // A peer could keep us busy with handshakes; nothing needs a second one.
    secured.disableRenegotiation()
    return secured
  }

  /** 'secureConnect' comes once the peer has shown a certificate for the name that was meant. */
  connect(target: SocketTarget, localAddress: string | undefined): TLSSocket {
    const name = target.serverName ?? target.address
    const wildcards = this.#wildcards
    return connect({
      host: target.address,
      port: target.port,
      secureContext: this.#client,
      rejectUnauthorized: true,
      checkServerIdentity: (_host, { raw }) =>
        identityProblem(new X509Certificate(raw), name, wildcards),
      // RFC 6066 §3: addresses have no place there.
      ...(isIP(name) === 0 ? { servername: name } : {}),
      ...(localAddress === undefined ? {} : { localAddress }),
    })
  }
}

/** RFC 5922 §7.1: SIP URIs of the certificate are its identities; DNS names only where it has none. */
export function identityProblem(
  certificate: X509Certificate,
  name: string,
  wildcards = false,
): Error | undefined {
  const wanted = name.toLowerCase()
  const identities = sipIdentities(certificate.subjectAltName ?? '')
  const isFor =
    identities.length > 0
      ? identities.includes(wanted)
      : isIP(wanted) !== 0
        ? certificate.checkIP(wanted) !== undefined
        : // RFC 5922 §7.2: no wildcards, but some carriers have them.
          certificate.checkHost(wanted, { wildcards, partialWildcards: false }) !== undefined
  return isFor ? undefined : new Error(`the certificate is not for ${name}`)
}

function sipIdentities(subjectAltName: string): string[] {
  // A quoted entry may hold what looks like further entries.
  if (subjectAltName.includes('"')) return []
  return subjectAltName
    .split(', ')
    .flatMap((entry) => /^URI:sip:([^@;?]+)$/i.exec(entry)?.[1]?.toLowerCase() ?? [])
}
