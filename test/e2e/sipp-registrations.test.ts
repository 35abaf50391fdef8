import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { call } from './harness/caller.js'
import { needs } from './harness/needs.js'
import { countsOf, startSippCaller } from './harness/sipp.js'
import { startTestbed, type Testbed } from './harness/testbed.js'

const deviceCount = 5_000
const siteCount = 100
const users = Array.from({ length: deviceCount }, (_, index) => `u${index}`)

describe.skipIf(!needs('sipp'))('five thousand devices of sipp', () => {
  let bed: Testbed
  beforeAll(async () => {
    bed = await startTestbed({
      DIALPLANE_TRUSTED_SIP: '192.0.2.0/24',
      DIALPLANE_SIP_USERS: users.map((user) => `${user}:secret`).join(','),
    })
  })
  afterAll(() => bed?.close())

  it('register with their passwords, from a hundred places', { timeout: 120_000 }, async () => {
    const lines = users.map((user) => `${user};[authentication username=${user} password=secret]`)
    writeFileSync(bed.path('users.csv'), `SEQUENTIAL\n${lines.join('\n')}\n`)
    const sites = await startSites(bed.router.sipPort)
    try {
      const sipp = await startSippCaller(sites.port, 'dialplane', {
        scenario: 'device-registers',
        cwd: bed.directory,
        calls: deviceCount,
        callsPerSecond: 500,
        parameters: ['-inf', bed.path('users.csv'), '-auth_uri', 'dialplane'],
      })
      const finished = await sipp.finished
      expect(countsOf(finished)).toEqual({ successful: deviceCount, failed: 0 })
    } finally {
      sites.close()
    }
    // Each has a deadline at least.
    expect((await bed.router.sizes()).sipDeadlines).toBeGreaterThanOrEqual(deviceCount)
    // The last of them is known: a call rings out instead of failing at once.
    const number = await bed.number({
      '/last': `<Response><Dial action="/last/done" timeout="1"><Client>u${deviceCount - 1}</Client></Dial></Response>`,
      '/last/done': '<Response><Hangup/></Response>',
    })
    const startMs = performance.now()
    await call(bed.uriOf(number), { user: 'u0:secret' })
    const { parameters } = await bed.app.received('/last/done')
    expect(parameters.DialCallStatus).toBe('no-answer')
    expect(performance.now() - startMs).toBeGreaterThan(5_000)
  })
})

/**
 * Passes datagrams on, those of a device always from the same of many addresses: one address alone may
 * not send as much. sipp takes the first challenge, which is SHA-256, and knows only MD5.
 */
async function startSites(routerPort: number) {
  const near = createSocket({ type: 'udp4', recvBufferSize: 4_194_304 })
  near.bind(0, '127.0.0.1')
  await once(near, 'listening')
  let devicesPort = 0
  const sites: Socket[] = []
  for (let index = 0; index < siteCount; index++) {
    const site = createSocket('udp4')
    site.bind(0, `127.0.1.${index + 1}`)
    await once(site, 'listening')
    site.on('message', (bytes) => {
      const text = bytes.toString().replace(/^WWW-Authenticate:.*SHA-256.*\r\n/im, '')
      // Not the keep-alives: no device is there.
      if (text.length > 4) near.send(text, devicesPort, '127.0.0.1')
    })
    sites.push(site)
  }
  near.on('message', (bytes, { port }) => {
    devicesPort = port
    const call = Number(/^Call-ID: (\d+)/im.exec(bytes.toString())?.[1] ?? 0)
    sites[call % siteCount]?.send(bytes, routerPort, '127.0.0.1')
  })
  return {
    port: near.address().port,
    close() {
      for (const socket of [near, ...sites]) socket.close()
    },
  }
}
