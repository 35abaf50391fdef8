import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url))

function dialplane(parameters: string[], environment: { [name: string]: string } = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...parameters], {
    encoding: 'utf8',
    timeout: 20_000,
    env: { PATH: process.env.PATH, ...environment },
  })
  return { status, text: stdout + stderr }
}

describe('dialplane', () => {
  it('explains itself', () => {
    const { status, text } = dialplane(['--help'])
    expect(status).toBe(0)
    expect(text).toContain('dialplane [options] [command]')
  })

  it.each([
    [['call']],
    [['call', 'nonsense']],
    [['call', 'sip:1@127.0.0.1', '--digits', 'x']],
    [['call', 'sip:1@127.0.0.1', '--play', '/no/such/file.wav']],
    [['call', 'sip:1@127.0.0.1', '--max-seconds', 'soon']],
    [['frobnicate']],
    [['start', '--config', '/no/such/file.yaml']],
  ])('exits 2 for wrong usage: %j', (parameters) => {
    const { status, text } = dialplane(parameters)
    expect(text).not.toContain('    at ')
    expect(status).toBe(2)
  })

  it('exits 1 with one line when a setting is wrong', () => {
    const { status, text } = dialplane(['start'], { DIALPLANE_SIP_PORT: 'many' })
    expect(status).toBe(1)
    expect(text.trim().split('\n')).toHaveLength(1)
    expect(text).toContain('DIALPLANE_SIP_PORT')
  })

  it('exits 1 when there is nobody to call', () => {
    expect(dialplane(['call', 'sip:1@no-such-host.invalid']).status).toBe(1)
  })
})
