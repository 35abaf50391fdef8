import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { platformRequest } from '../e2e/harness/gateways.js'
import { startTestbed, type Testbed } from '../e2e/harness/testbed.js'

const secret = 'correct-horse-battery'

describe('/dialplane/v1/Gateways', () => {
  let bed: Testbed
  beforeAll(async () => {
    bed = await startTestbed({ DIALPLANE_TRUNKS: `+99=sip:op:${secret}-0@192.0.2.1` })
  })
  afterAll(() => bed?.close())

  const api = (...parameters: ParametersAfterFirst) => platformRequest(bed, ...parameters)

  it('creates, fetches, changes and deletes a gateway, and never shows its password', async () => {
    const made = await api('/Gateways.json', {
      Name: 'Carrier',
      Prefix: '+44',
      Uri: 'sip:192.0.2.7:5080;transport=tcp',
      Username: 'me',
      Password: secret,
      Strip: 1,
      Prepend: '00',
      CallsMax: 30,
      CallsPerSecondMax: '2.5',
      Register: 'true',
      Expires: 600,
    })
    expect(made.status).toBe(201)
    const { sid } = made.body
    expect(sid).toMatch(/^GW[0-9a-f]{32}$/)
    const shown = {
      ...{ sid, account_sid: null, name: 'Carrier', prefix: '+44', priority: 0, weight: 1 },
      ...{ uri: 'sip:192.0.2.7:5080;transport=tcp', username: 'me', has_password: true },
      ...{ strip: 1, prepend: '00', calls_max: 30, calls_per_second_max: 2.5 },
      ...{ register: true, expires: 600, enabled: true, source: 'rest' },
      ...{ status: expect.stringMatching(/^(alive|dead)$/), live_calls: 0 },
      url: `/dialplane/v1/Gateways/${sid}`,
    }
    expect(made.body).toMatchObject(shown)
    expect((await api(`/Gateways/${sid}`)).body).toMatchObject(shown)
    const changed = await api(`/Gateways/${sid}.json`, {
      Password: '',
      CallsMax: '',
      Enabled: 'false',
      Register: 'false',
    })
    expect(changed.body).toMatchObject({
      ...shown,
      ...{ has_password: false, calls_max: null, enabled: false, register: false },
    })
    await api(`/Gateways/${sid}`, { Password: secret })
    const files = ['dialplane.db', 'dialplane.db-wal'].map((name) => `${bed.dataDir}/${name}`)
    const kept = [bed.router.log(), ...files.map((file) => readFileSync(file, 'latin1'))]
    for (const text of [JSON.stringify([made, changed]), ...kept])
      expect(text).not.toContain(secret)
    expect(await api(`/Gateways/${sid}`, undefined, 'DELETE')).toEqual({ status: 204 })
    expect(await api(`/Gateways/${sid}`)).toMatchObject({ status: 404, body: { code: 20404 } })
  })

  it('lists them page by page, those of the settings too, which it does not change', async () => {
    for (const Name of ['a', 'b', 'c']) await api('/Gateways', { Name, Uri: 'sip:192.0.2.9' })
    const names: string[] = []
    let path: string | undefined = '/Gateways.json?PageSize=2'
    while (path) {
      const { body } = await api(path.replace('/dialplane/v1', ''))
      names.push(...body.gateways.map(({ name }) => name))
      path = body.next_page_uri ?? undefined
    }
    expect(names.slice(0, 3)).toEqual(['c', 'b', 'a'])
    expect(names).toHaveLength(4)
    const { body } = await api('/Gateways.json')
    const own = body.gateways.at(-1)
    expect(own).toMatchObject({ prefix: '+99', source: 'settings', username: 'op' })
    const refusal = { status: 409, body: { code: 20009, status: 409 } }
    expect(await api(`/Gateways/${own?.sid}`, { Weight: 2 })).toMatchObject(refusal)
    expect(await api(`/Gateways/${own?.sid}`, undefined, 'DELETE')).toMatchObject(refusal)
  })

  it.each([
    [{}, 'Uri'],
    [{ Uri: 'tel:+1' }, 'Uri'],
    [{ Uri: 'sip:user@host' }, 'Uri'],
    [{ Uri: 'sip:a', Prefix: 'x' }, 'Prefix'],
    [{ Uri: 'sip:a', Prepend: '1@evil' }, 'Prepend'],
    [{ Uri: 'sip:a', Weight: -1 }, 'Weight'],
    [{ Uri: 'sip:a', CallsMax: 0 }, 'CallsMax'],
    [{ Uri: 'sip:a', CallsPerSecondMax: 'many' }, 'CallsPerSecondMax'],
    [{ Uri: 'sip:a', Username: 'a\r\nb' }, 'Username'],
    [{ Uri: 'sip:a', Register: 'true' }, 'Register'],
    [{ Uri: 'sip:a', AccountSid: `AC${'0'.repeat(32)}` }, 'AccountSid'],
  ])('refuses %j for its %s', async (form: { [name: string]: string | number }, name) => {
    const { status, body } = await api('/Gateways', form)
    expect({ status, code: body.code }).toEqual({ status: 400, code: 20001 })
    expect(body.message).toContain(`'${name}'`)
  })

  it('is for the first account only, and knows what it has', async () => {
    const noToken = `${bed.router.accountSid}:wrong`
    expect(await api('/Gateways', undefined, 'GET', noToken)).toMatchObject({
      status: 401,
      body: { code: 20003 },
    })
    expect(await api('/Nothing')).toMatchObject({ status: 404, body: { code: 20404 } })
    expect(await api('/Gateways', undefined, 'DELETE')).toMatchObject({
      status: 405,
      body: { code: 20004 },
    })
  })
})

type ParametersAfterFirst =
  Parameters<typeof platformRequest> extends [unknown, ...infer Rest] ? Rest : never
