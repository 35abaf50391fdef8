import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { call } from '../e2e/harness/caller.js'
import { root } from '../e2e/harness/router-process.js'
import { startTestbed, type Testbed } from '../e2e/harness/testbed.js'

/** The recorded answers lie beside the repository where it is developed, and nowhere else. */
const examples = join(root, '..', 'shared', 'contract', 'examples')

type Json = { readonly [name: string]: unknown }

/**
 * Names of the fields at every depth; of a list, those of its first element. What is null in `model`
 * has no fields: not every recording is encrypted, for example.
 */
function fieldsOf(value: unknown, model: unknown = value, path = ''): string[] {
  if (!isObject(value) || !isObject(model)) return []
  if (Array.isArray(value)) return fieldsOf(value[0], (model as unknown[])[0], `${path}[]`)
  return Object.entries(value)
    .flatMap(([name, inner]) => [
      `${path}.${name}`,
      ...fieldsOf(inner, (model as Json)[name], `${path}.${name}`),
    ])
    .sort()
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

describe.skipIf(!existsSync(examples))('fields of resources, as recorded', () => {
  let bed: Testbed
  let number: string
  beforeAll(async () => {
    bed = await startTestbed()
    number = await bed.number({
      '/golden':
        '<Response><Record maxLength="1" playBeep="false" action="/golden/end"/></Response>',
      '/golden/end': '<Response><Hangup/></Response>',
    })
    await call(bed.uriOf(number))
    await bed.endedCall(number)
  })
  afterAll(() => bed?.close())

  const get = async (path: string): Promise<Json> => {
    const { baseUrl, accountSid, authToken } = bed.router
    const response = await fetch(`${baseUrl}/2010-04-01/Accounts/${accountSid}${path}`, {
      headers: { Authorization: `Basic ${btoa(`${accountSid}:${authToken}`)}` },
    })
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toMatch(/^application\/json/)
    return (await response.json()) as Json
  }
  const example = (name: string): Json => JSON.parse(readFileSync(join(examples, name), 'utf8'))

  it.each([
    ['ListCall.200.readFullPage1.json', '/Calls.json'],
    ['ListRecording.200.readFull.json', '/Recordings.json'],
    ['ListIncomingPhoneNumber.200.readFull.json', '/IncomingPhoneNumbers.json'],
    ['FetchAccount.200.fetch.json', '.json'],
  ])('%s', async (name, path) => {
    const answer = await get(path)
    expect(fieldsOf(answer)).toEqual(fieldsOf(example(name), answer))
  })

  it.each([
    ['FetchCall.200.fetch.json', 'calls', '/Calls'],
    ['FetchRecording.200.fetch.json', 'recordings', '/Recordings'],
  ])('%s', async (name, key, path) => {
    const list = (await get(`${path}.json`))[key] as readonly { readonly sid: string }[]
    const answer = await get(`${path}/${list[0]?.sid}.json`)
    expect(fieldsOf(answer)).toEqual(fieldsOf(example(name), answer))
  })

  it.each(['ListCallRecording.200.readFull.json', 'FetchCallRecording.200.fetch.json'])(
    '%s',
    async (name) => {
      const [call] = (await get('/Calls.json')).calls as readonly { readonly sid: string }[]
      const path = `/Calls/${call?.sid}/Recordings`
      const list = await get(`${path}.json`)
      const [recording] = list.recordings as readonly { readonly sid: string }[]
      const answer = name.startsWith('List') ? list : await get(`${path}/${recording?.sid}.json`)
      expect(fieldsOf(answer)).toEqual(fieldsOf(example(name), answer))
    },
  )

  it.each([
    ['CreateApplication.201.create.json', '/Applications.json', { FriendlyName: 'golden' }],
    ['CreateQueue.201.create.json', '/Queues.json', { FriendlyName: 'golden' }],
  ])('%s', async (name, path, form) => {
    const { baseUrl, accountSid, authToken } = bed.router
    const response = await fetch(`${baseUrl}/2010-04-01/Accounts/${accountSid}${path}`, {
      method: 'POST',
      headers: { Authorization: `Basic ${btoa(`${accountSid}:${authToken}`)}` },
      body: new URLSearchParams(form),
    })
    expect(response.status).toBe(201)
    const answer = (await response.json()) as Json
    expect(fieldsOf(answer)).toEqual(fieldsOf(example(name), answer))
    const list = await get(path)
    const full = example(`List${path.slice(1, -'s.json'.length)}.200.readFull.json`)
    expect(fieldsOf(list)).toEqual(fieldsOf(full, list))
  })

  it('messages', async () => {
    const form = { to: '+15558675310', from: number, body: 'golden' }
    const { sid } = await bed.client.messages.create(form)
    await expect.poll(async () => (await get(`/Messages/${sid}.json`)).status).toBe('failed')
    const one = await get(`/Messages/${sid}.json`)
    expect(fieldsOf(one)).toEqual(fieldsOf(example('FetchMessage.200.fetch.json'), one))
    const list = await get('/Messages.json')
    expect(fieldsOf(list)).toEqual(fieldsOf(example('ListMessage.200.readFullPage1.json'), list))
    const mediaUrl = ['https://example.com/golden.png']
    const shown = await bed.client.messages.create({ ...form, mediaUrl })
    const media = await get(`/Messages/${shown.sid}/Media.json`)
    expect(fieldsOf(media)).toEqual(fieldsOf(example('ListMedia.200.readFull.json'), media))
    const [{ sid: mediaSid } = { sid: '' }] = media.media_list as readonly { sid: string }[]
    const medium = await get(`/Messages/${shown.sid}/Media/${mediaSid}.json`)
    expect(fieldsOf(medium)).toEqual(fieldsOf(example('FetchMedia.200.fetch.json'), medium))
  })
})
