import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { call } from '../e2e/harness/caller.js'
import { startTestbed, type Testbed } from '../e2e/harness/testbed.js'

describe('formats of answers', () => {
  let bed: Testbed
  let callSid: string
  beforeAll(async () => {
    bed = await startTestbed()
    const number = await bed.number({ '/formats': '<Response><Hangup/></Response>' })
    await call(bed.uriOf(number))
    callSid = (await bed.endedCall(number)).sid
  })
  afterAll(() => bed?.close())

  const request = async (path: string, init: RequestInit = {}) => {
    const { baseUrl, accountSid, authToken } = bed.router
    const response = await fetch(`${baseUrl}/2010-04-01/Accounts/${accountSid}${path}`, {
      ...init,
      headers: { Authorization: `Basic ${btoa(`${accountSid}:${authToken}`)}`, ...init.headers },
    })
    const type = response.headers.get('content-type')?.split(';')[0]
    return { status: response.status, type, body: await response.text() }
  }

  it('are XML without an extension and with .xml', async () => {
    for (const extension of ['', '.xml']) {
      const { status, type, body } = await request(`/Calls/${callSid}${extension}`)
      expect({ status, type }).toEqual({ status: 200, type: 'application/xml' })
      expect(body).toContain('<TwilioResponse><Call>')
      expect(body).toContain(`<Sid>${callSid}</Sid>`)
      expect(body).toContain('<Status>completed</Status>')
    }
  })

  it('are XML for lists and errors too', async () => {
    const list = await request('/Calls.xml?PageSize=1')
    expect(list.body).toMatch(/<Calls [^>]*page="0"[^>]*pagesize="1"/)
    const error = await request('/Calls/CA0.xml')
    expect({ status: error.status, type: error.type }).toEqual({
      status: 404,
      type: 'application/xml',
    })
    expect(error.body).toContain('<RestException><Code>20404</Code>')
  })

  it('are CSV for lists, with a header row', async () => {
    const { type, body } = await request('/Calls.csv')
    expect(type).toBe('text/csv')
    const [header, first] = body.trim().split(/\r?\n/)
    expect(header?.split(',')).toEqual(expect.arrayContaining(['Sid', 'AccountSid', 'DateCreated']))
    expect(first).toContain(callSid)
  })

  it('take PUT for POST, and methods that are named', async () => {
    const form = { 'Content-Type': 'application/x-www-form-urlencoded' }
    const put = await request(`/Calls/${callSid}.json`, {
      method: 'PUT',
      headers: form,
      body: 'Status=completed',
    })
    expect(JSON.parse(put.body)).toMatchObject({ code: 21220, status: 400 })
    const removed = await request(`/Calls/${callSid}.json?_method=DELETE`, { method: 'POST' })
    expect(removed.status).toBe(204)
    expect((await request(`/Calls/${callSid}.json`)).status).toBe(404)
  })

  it('refuse a method that a resource does not have', async () => {
    const { status, body } = await request('/Calls.json', { method: 'DELETE' })
    expect({ status, code: JSON.parse(body).code }).toEqual({ status: 405, code: 20004 })
  })
})
