import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Application, startApplication } from './harness/application.js'
import { call } from './harness/caller.js'
import { startTestbed, type Testbed } from './harness/testbed.js'

const authToken = 'lookup-0123456789abcdef'

describe('a number that nobody has', () => {
  let application: Application
  let bed: Testbed
  beforeAll(async () => {
    application = await startApplication(authToken)
    bed = await startTestbed({
      DIALPLANE_AUTH_TOKEN: authToken,
      DIALPLANE_LOOKUP_URL: application.url('/lookup'),
    })
  })
  afterAll(async () => {
    await bed?.close()
    await application?.close()
  })

  it('B3: is looked up, and goes where the answer leads', async () => {
    application.on('/lookup', ({ parameters }) =>
      parameters.To === '+442079460001'
        ? '<Response><Redirect>/london</Redirect></Response>'
        : '<Response><Reject/></Response>',
    )
    application.on('/london', '<Response><Hangup/></Response>')
    expect((await call(bed.uriOf('+442079460001'))).code).toBe(0)
    expect(application.to('/london')[0]?.parameters).toMatchObject({
      To: '+442079460001',
      AccountSid: bed.router.accountSid,
    })
    const { code, output } = await call(bed.uriOf('+442079460002'))
    expect({ code, output }).toMatchObject({ code: 1, output: expect.stringContaining('603') })
  })

  it('does not stand in the way of one that somebody has', async () => {
    const number = await bed.number({ '/own': '<Response><Hangup/></Response>' })
    await call(bed.uriOf(number))
    expect(bed.app.to('/own')).toHaveLength(1)
  })
})
