import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { SecretBox } from './secret-box.js'

describe('SecretBox', () => {
  const box = new SecretBox(randomBytes(32))

  it('opens what it sealed, and seals differently each time', () => {
    const sealed = box.seal('geheim ☎')
    expect(box.open(sealed)).toBe('geheim ☎')
    expect(sealed).not.toContain('geheim')
    expect(box.seal('geheim ☎')).not.toBe(sealed)
  })

  it('refuses what was changed or sealed with another key', () => {
    const sealed = box.seal('geheim')
    const changed = `${sealed.slice(0, -4)}AAAA`
    expect(() => box.open(changed)).toThrow()
    expect(() => new SecretBox(randomBytes(32)).open(sealed)).toThrow()
    expect(() => box.open('geheim')).toThrow()
    expect(() => new SecretBox(Buffer.alloc(16))).toThrow(RangeError)
  })
})
