import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Certificate {
  readonly file: string
  readonly keyFile: string
  readonly certificate: string
  readonly key: string
}

/** A certificate that signs itself, made by openssl; `names` as DNS:pbx.example,IP:127.0.0.1,URI:sip:… */
export function makeCertificate(directory: string, label: string, names: string): Certificate {
  const file = join(directory, `${label}.crt`)
  const keyFile = join(directory, `${label}.key`)
  const options = `-x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2`.split(' ')
  execFileSync(
    'openssl',
    [
      ...['req', ...options, '-subj', `/CN=${label}`, '-addext', `subjectAltName=${names}`],
      ...['-keyout', keyFile, '-out', file],
    ],
    { stdio: 'ignore' },
  )
  return {
    file,
    keyFile,
    certificate: readFileSync(file, 'utf8'),
    key: readFileSync(keyFile, 'utf8'),
  }
}
