import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { makeCertificate } from '../../test/net/certificates.js'
import { ConfigError, readConfig } from './config.js'

const folders: string[] = []

function yamlFile(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'dialplane-config-'))
  folders.push(folder)
  const file = join(folder, 'settings.yaml')
  writeFileSync(file, text)
  return file
}

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

describe('readConfig', () => {
  it('trusts this machine only while everything is bound to it', () => {
    const local = readConfig({})
    expect(local.trustedSip).toEqual(['127.0.0.0/8'])
    expect(local.allowDestinations).toEqual(['127.0.0.0/8', '::1/128'])
    const open = readConfig({ DIALPLANE_SIP_HOST: '0.0.0.0' })
    expect(open.trustedSip).toEqual([])
    expect(open.allowDestinations).toEqual([])
    expect(readConfig({ DIALPLANE_PUBLIC_HOST: 'pbx.example' }).allowDestinations).toEqual([])
    expect(readConfig({ DIALPLANE_HTTP_HOST: '0.0.0.0' }).allowDestinations).toEqual([])
  })

  it('reads the same names from YAML, and the environment wins', () => {
    const file = yamlFile(
      'sipPort: 5080\nhttpPort: 9000\ntrustedSip: [10.0.0.0/8]\ntrunks:\n  - {prefix: "+1", uri: "sip:gw.example", strip: 2}\n',
    )
    const config = readConfig({ DIALPLANE_HTTP_PORT: '9001' }, file)
    expect(config.sip.port).toBe(5080)
    expect(config.http.port).toBe(9001)
    expect(config.trustedSip).toEqual(['10.0.0.0/8'])
    expect(config.trunks).toMatchObject([{ prefix: '+1', uri: 'sip:gw.example', strip: 2 }])
  })

  it.each([
    [{ DIALPLANE_SIP_PORT: 'many' }, /SIP_PORT/],
    [{ DIALPLANE_SIP_PRT: '5060' }, /SIP_PRT: no such setting/],
    [{ DIALPLANE_TLS_CERT: 'cert.pem' }, /TLS_KEY: certificate and key/],
    [{ DIALPLANE_TLS_KEY: 'key.pem' }, /TLS_CERT: certificate and key/],
    [{ DIALPLANE_TLS_CA: '/nowhere.pem' }, /TLS_CA: ENOENT/],
    [{ DIALPLANE_SIP_HOST: '127.0.0.1,pbx' }, /SIP_HOST: pbx is not an IP address/],
    [{ DIALPLANE_SIP_HOST: '::1,::1' }, /SIP_HOST: names an address twice/],
    [{ DIALPLANE_DATABASE_URL: 'postgres://x' }, /DATABASE_URL: not supported/],
    [{ DIALPLANE_DEFAULT_COUNTRY: 'XX' }, /DEFAULT_COUNTRY: XX/],
    [{ DIALPLANE_ALLOW_NUMBERS: '+1,anything' }, /ALLOW_NUMBERS: anything/],
    [{ DIALPLANE_ACCOUNT_CALLS_PER_SECOND: '0' }, /CALLS_PER_SECOND/],
    [{ DIALPLANE_TRUNKS: '+1=gateway' }, /TRUNKS: .*SIP URI/],
    [{ DIALPLANE_SIP_USERS: 'alice' }, /SIP_USERS: must be user:password/],
    [{ DIALPLANE_SIP_DIGEST: 'SHA-1' }, /SIP_DIGEST/],
    [{ DIALPLANE_AUTH_TOKEN: 'short' }, /AUTH_TOKEN/],
    [{ DIALPLANE_ACCOUNT_SID: 'AC1' }, /ACCOUNT_SID/],
    [{ DIALPLANE_TRUSTED_SIP: '10.0.0.0/99' }, /TRUSTED_SIP/],
  ])('says what is wrong with %o', (environment, message) => {
    expect(() => readConfig(environment)).toThrow(ConfigError)
    expect(() => readConfig(environment)).toThrow(message)
  })

  it('takes several addresses of both families', () => {
    const config = readConfig({ DIALPLANE_SIP_HOST: 'localhost, [::1]' })
    expect(config.sip.hosts).toEqual(['127.0.0.1', '::1'])
    expect(config.trustedSip).toEqual(['127.0.0.0/8', '::1/128'])
    expect(readConfig({ DIALPLANE_SIP_HOST: '127.0.0.1,192.0.2.1' }).trustedSip).toEqual([])
  })

  it('takes a certificate only with its own key', () => {
    const folder = mkdtempSync(join(tmpdir(), 'dialplane-config-'))
    folders.push(folder)
    const certificate = makeCertificate(folder, 'pbx.example', 'DNS:pbx.example')
    const other = makeCertificate(folder, 'other.example', 'DNS:other.example')
    const settings = { DIALPLANE_TLS_CERT: certificate.file, DIALPLANE_SIPS_PORT: '5071' }
    const config = readConfig({ ...settings, DIALPLANE_TLS_KEY: certificate.keyFile })
    expect(config.tls).toMatchObject({ sipsPort: 5071, httpsPort: 8443 })
    expect(readConfig({}).tls).toBeUndefined()
    const readWith = (DIALPLANE_TLS_KEY: string) => () =>
      readConfig({ ...settings, DIALPLANE_TLS_KEY })
    expect(readWith(other.keyFile)).toThrow(/^DIALPLANE_TLS_KEY: does not belong/)
    expect(readWith(join(folder, 'missing'))).toThrow(/^DIALPLANE_TLS_KEY: ENOENT/)
    expect(readWith(certificate.file)).toThrow(/^DIALPLANE_TLS_KEY: [^\n]+$/)
    const swapped = { DIALPLANE_TLS_CERT: other.keyFile, DIALPLANE_TLS_KEY: other.keyFile }
    expect(() => readConfig(swapped)).toThrow(/^DIALPLANE_TLS_CERT: holds no certificate/)
  })

  it('takes 0 from a file', () => {
    const config = readConfig({}, yamlFile('httpPort: 0\nrtpTimeoutSeconds: 0\n'))
    expect([config.http.port, config.rtp.timeoutMs]).toEqual([0, 0])
  })

  it.each([
    ['DIALPLANE_TRUSTED_SIP', '10.0.0.0/99'],
    ['DIALPLANE_ALLOW_DESTINATIONS', 'intranet'],
    ['DIALPLANE_BASE_URL', 'ftp://a'],
    ['DIALPLANE_RTP_PORT_MAX', '100'],
    ['DIALPLANE_TRUNKS', '+1=tel:1'],
  ])('says in one line that %s=%s cannot be used', (name, value) => {
    expect(() => readConfig({ [name]: value })).toThrow(new RegExp(`^${name}: [^\\n]+$`))
  })

  it('never shows the text around an error of a file', () => {
    const file = yamlFile('authToken: very-secret-token-0\n  bad: [\n')
    expect(() => readConfig({}, file)).toThrow(/^(?!.*very-secret)[^\n]+$/)
  })

  it('says what is wrong with a file', () => {
    expect(() => readConfig({}, yamlFile('sipPort: [')).toString()).toThrow(ConfigError)
    expect(() => readConfig({}, yamlFile('colour: red\n'))).toThrow(/COLOUR: no such setting/)
  })
})
