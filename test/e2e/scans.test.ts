import { execFileSync, spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { needs } from './harness/needs.js'
import { startTestbed, type Testbed } from './harness/testbed.js'

/** A device whose name a scanner tries early, and a number that it would like to know. */
const extension = '101'
const password = 'not-in-any-list-4711'
/** What strangers of one address get at most: answers a second, and at first. */
const answersPerSecond = 50
const answersAtFirst = 100

describe.skipIf(!needs('svwar'))('a scan', () => {
  let bed: Testbed

  beforeAll(async () => {
    bed = await startTestbed({
      // Scanners come from elsewhere.
      DIALPLANE_TRUSTED_SIP: '192.0.2.0/24',
      DIALPLANE_SIP_USERS: `${extension}:${password}`,
      // svcrack knows only this; svwar and svmap do not look at it.
      DIALPLANE_SIP_DIGEST: 'MD5',
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
  /** What it costs us, and what it gets. */
  const measured = async (work: () => Promise<string>) => {
    const [cpuBefore, answersBefore, startMs] = [
      cpuSeconds(bed.router.pid),
      await strangersAnswered(),
      performance.now(),
    ]
    const output = await work()
    const seconds = (performance.now() - startMs) / 1000
    const cpuShare = (cpuSeconds(bed.router.pid) - cpuBefore) / seconds
    return { output, seconds, cpuShare, answers: (await strangersAnswered()) - answersBefore }
  }
  const strangersAnswered = async () => {
    const text = await (await fetch(`${bed.router.baseUrl}/metrics`)).text()
    return Number(/sip_events_total\{event="stranger"\} (\d+)/.exec(text)?.[1] ?? 0)
  }
  const target = () => ['-p', String(bed.router.sipPort), '127.0.0.1']

  it.each(['REGISTER', 'INVITE', 'OPTIONS'])(
    'for extensions by %s finds none',
    { timeout: 90_000 },
    async (method) => {
      const { output, cpuShare } = await measured(() =>
        scan('svwar', '--force', '-m', method, '-t', '0.0001', '-e', '95-130', ...target()),
      )
      expect(cpuShare).toBeLessThan(0.05)
      // Its table; above it, it complains of answers, which name whom it has asked for.
      expect(output).not.toMatch(new RegExp(`\\| *${extension} *\\|`))
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

  it('for routers finds one, and nothing of it but its name', { timeout: 90_000 }, async () => {
    const ports = `${bed.router.sipPort},5060-5070`
    const svmap = () => measured(() => scan('svmap', '-t', '0.0001', '-p', ports, '127.0.0.1'))
    // It takes but a second or two: what else the machine does meanwhile weighs less in the better of two.
    const scans = [await svmap(), await svmap()]
    for (const { output } of scans) {
      expect(output).toContain(`127.0.0.1:${bed.router.sipPort}`)
      expect(output).not.toContain(extension)
    }
    expect(Math.min(...scans.map(({ cpuShare }) => cpuShare))).toBeLessThan(0.05)
  })

  it('for passwords at full speed finds none, and gets few answers', {
    timeout: 120_000,
  }, async () => {
    const words = Array.from({ length: 500 }, (_, index) => `word${index}`)
    writeFileSync(bed.path('words'), words.join('\n'))
    const { answers, cpuShare, output, seconds } = await measured(() =>
      scan('svcrack', '-u', extension, '-d', bed.path('words'), ...target()),
    )
    expect(output).toMatch(/found nothing/)
    expect(output).not.toMatch(/password is|Traceback/)
    expect(answers).toBeGreaterThan(words.length / 10)
    expect(answers).toBeLessThan(answersAtFirst + answersPerSecond * (seconds + 1))
    // 0.06 to 0.08 were seen: at this rate the code never gets warm.
    expect(cpuShare).toBeLessThan(0.25)
  })

  it('leaves nothing behind', async () => {
    await bed.quiet()
  })
})

/** Of all threads, user and system. */
function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
}
