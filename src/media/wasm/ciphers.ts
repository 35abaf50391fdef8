/** The ciphers of SRTP for the WASM core (native/core/crypto.h), by the OpenSSL inside Node. */
import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto'

const keyBytes = 16
const macKeyBytes = 20
const macBytes = 20
const ivBytes = 16
const nonceBytes = 12
const tagBytes = 16

interface Keys {
  readonly key: Uint8Array
  readonly macKey: Uint8Array
}

/** Addresses are offsets into linear memory, which `bytes` gives: it may move when it grows. */
export class Ciphers {
  readonly #bytes: () => Uint8Array
  readonly #slots = new Map<number, Keys>()

  constructor(bytes: () => Uint8Array) {
    this.#bytes = bytes
  }

  keySet(slot: number, key: number, macKey: number): number {
    const bytes = this.#bytes()
    this.#slots.set(slot, {
      key: bytes.slice(key, key + keyBytes),
      macKey: macKey === 0 ? new Uint8Array(0) : bytes.slice(macKey, macKey + macKeyBytes),
    })
    return 1
  }

  keyClear(slot: number): void {
    this.#slots.delete(slot)
  }

  ctr(slot: number, iv: number, data: number, count: number): void {
    const keys = this.#slots.get(slot)
    const bytes = this.#bytes()
    if (!keys) return
    const cipher = createCipheriv('aes-128-ctr', keys.key, bytes.slice(iv, iv + ivBytes))
    bytes.set(cipher.update(bytes.subarray(data, data + count)), data)
  }

  mac(
    slot: number,
    data: number,
    count: number,
    more: number,
    moreCount: number,
    mac: number,
  ): void {
    const keys = this.#slots.get(slot)
    const bytes = this.#bytes()
    if (!keys) return
    const hmac = createHmac('sha1', keys.macKey).update(bytes.subarray(data, data + count))
    hmac.update(bytes.subarray(more, more + moreCount))
    bytes.set(hmac.digest().subarray(0, macBytes), mac)
  }

  gcm(
    slot: number,
    seal: number,
    nonce: number,
    aad: number,
    aadCount: number,
    data: number,
    count: number,
    tag: number,
  ): number {
    const keys = this.#slots.get(slot)
    const bytes = this.#bytes()
    if (!keys) return 0
    const make = seal ? createCipheriv : createDecipheriv
    const cipher = make('aes-128-gcm', keys.key, bytes.slice(nonce, nonce + nonceBytes))
    cipher.setAAD(bytes.subarray(aad, aad + aadCount))
    const done = cipher.update(bytes.subarray(data, data + count))
    if ('setAuthTag' in cipher) {
      cipher.setAuthTag(bytes.slice(tag, tag + tagBytes))
      try {
        cipher.final()
      } catch {
        return 0
      }
    } else {
      cipher.final()
      bytes.set(cipher.getAuthTag(), tag)
    }
    bytes.set(done, data)
    return 1
  }
}
