import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'

export interface TlsFiles {
  /** PEM, with its chain. */
  readonly certificate: string
  readonly key: string
}

/** `named` puts the setting in front of what is wrong with it. */
type Named = <Value>(name: string, make: () => Value) => Value

/** Our certificate and its key; undefined without either. Throws when they cannot be used. */
export function readTlsFiles(
  certificateFile: string | undefined,
  keyFile: string | undefined,
  named: Named,
): TlsFiles | undefined {
  if (certificateFile === undefined && keyFile === undefined) return undefined
  const missing = certificateFile === undefined ? 'DIALPLANE_TLS_CERT' : 'DIALPLANE_TLS_KEY'
  if (certificateFile === undefined || keyFile === undefined) {
    return named(missing, () => {
      throw new Error('certificate and key are needed together')
    })
  }
  const certificate = named('DIALPLANE_TLS_CERT', () => readCertificates(certificateFile))
  return named('DIALPLANE_TLS_KEY', () => {
    const key = readFileSync(keyFile, 'utf8')
    if (!new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))) {
      throw new Error('does not belong to the certificate')
    }
    return { certificate, key }
  })
}

/** Authorities that peers may have, PEM. */
export function readAuthorities(file: string | undefined, named: Named): string | undefined {
  return file === undefined ? undefined : named('DIALPLANE_TLS_CA', () => readCertificates(file))
}

function readCertificates(file: string): string {
  const pem = readFileSync(file, 'utf8')
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  if (blocks.length === 0) throw new Error('holds no certificate in PEM')
  for (const block of blocks) new X509Certificate(block)
  return pem
}
