import { spawn } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { needs } from './harness/needs.js'
import { startTestbed, type Testbed } from './harness/testbed.js'

/** A device whose name a scanner tries early, and a number that it would like to know. */
const extension = '101'

describe.skipIf(!needs('svwar'))('a scan', () => {
  let bed: Testbed

  beforeAll(async () => {
    bed = await startTestbed({
      // Scanners come from elsewhere.
      DIALPLANE_TRUSTED_SIP: '192.0.2.0/24',
      DIALPLANE_SIP_USERS: `${extension}:not-in-any-list-4711`,
    })
    await bed.number({ '/never': '<Response/>' }, { phoneNumber: '+15550000102' })
  })
  afterAll(() => bed?.close())

  const scan = (program: string, ...parameters: string[]) =>
    new Promise<string>((resolve) => {
      const child = spawn(program, parameters, { cwd: bed.directory, timeout: 60_000 })
      let output = ''
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', (text: string) => {
          output += text
        })
      }
      child.on('error', (error) => resolve(String(error)))
      child.on('close', () => resolve(output))
    })
  const target = () => ['-p', String(bed.router.sipPort), '127.0.0.1']

  it.each(['REGISTER', 'INVITE', 'OPTIONS'])(
    'for extensions by %s finds none',
    { timeout: 90_000 },
    async (method) => {
      const output = await scan('svwar', '--force', '-m', method, '-e', '95-130', ...target())
      expect(output).not.toMatch(new RegExp(`\\b${extension}\\b`))
      expect(output).toMatch(/found nothing|not found|no.*found/i)
      expect(bed.app.requests).toEqual([])
    },
  )

  it('for numbers finds none', { timeout: 90_000 }, async () => {
    const template = ['-T', '+1555000%#04i999', '-e', '100-104']
    const output = await scan('svwar', '--force', '-m', 'INVITE', ...template, ...target())
    expect(output).not.toContain('+15550000102')
    expect(bed.app.requests).toEqual([])
  })

  it('leaves nothing behind', async () => {
    await bed.quiet()
  })
})
