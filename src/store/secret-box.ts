import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

/** Seals secrets that must be readable again (AuthToken) before they are stored: AES-256-GCM. */
export class SecretBox {
  readonly #key: Buffer

  /** `key`: 32 bytes. */
  constructor(key: Buffer) {
    if (key.length !== 32) throw new RangeError('the key of a secret box has 32 bytes')
    this.#key = key
  }

  seal(secret: string): string {
    const nonce = randomBytes(12)
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce)
    const sealed = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()])
    return `v1:${Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64')}`
  }

  /** Throws when the text was not sealed with this key. */
  open(text: string): string {
    if (!text.startsWith('v1:')) throw new Error('not a sealed secret')
    const bytes = Buffer.from(text.slice(3), 'base64')
    const decipher = createDecipheriv('aes-256-gcm', this.#key, bytes.subarray(0, 12))
    decipher.setAuthTag(bytes.subarray(12, 28))
    return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8')
  }
}
