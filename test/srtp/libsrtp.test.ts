/** Our SRTP against libsrtp, both ways (needs its headers and OpenSSL's: node scripts/install-peers.mjs). */
import { execFileSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { build, describePeer } from '../codecs/peer-programs.js'

describePeer('srtp2/srtp.h', 'SRTP and libsrtp', () => {
  it('agree on every packet of every suite, and refuse what was changed or seen', () => {
    const lines = execFileSync(build('srtp_libsrtp'), { encoding: 'utf8' }).trim().split('\n')
    expect(lines).toEqual([
      'AES_CM_128_HMAC_SHA1_80',
      'AES_CM_128_HMAC_SHA1_32',
      'AEAD_AES_128_GCM',
    ])
  }, 120_000)
})
