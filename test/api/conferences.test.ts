import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startCaller } from '../e2e/harness/caller.js'
import { eventually } from '../e2e/harness/eventually.js'
import { root } from '../e2e/harness/router-process.js'
import { callerNumber, startTestbed, type Testbed } from '../e2e/harness/testbed.js'
import { refusal } from './refusal.js'

/** The recorded answers lie beside the repository where it is developed, and nowhere else. */
const examples = join(root, '..', 'shared', 'contract', 'examples')

describe('Conferences, Participants and their Recordings by REST', () => {
  let bed: Testbed
  let sid: string
  let callSid: string
  let callers: ReturnType<typeof startCaller>[]
  beforeAll(async () => {
    bed = await startTestbed()
    const number = await bed.number({
      '/room': `<Response><Dial><Conference waitUrl="" beep="false" participantLabel="first"
        record="record-from-start">room</Conference></Dial></Response>`,
    })
    const second = await bed.number({
      '/second': `<Response><Dial><Conference waitUrl="" beep="false"
        participantLabel="50%/a%41">room</Conference></Dial></Response>`,
    })
    callers = [number, second].map((one) => startCaller(bed.uriOf(one), { maxSeconds: 40 }))
    const conference = await eventually('the conference', async () => {
      const [found] = await bed.client.conferences.list({ status: 'in-progress' })
      return found
    })
    sid = conference.sid
    callSid = (await bed.client.conferences(sid).participants('first').fetch()).callSid
  })
  afterAll(async () => {
    await bed.client.conferences(sid).update({ status: 'completed' })
    await Promise.all(callers.map(({ finished }) => finished))
    await bed.quiet()
    await bed.close()
  })

  const get = async (path: string): Promise<{ readonly [name: string]: unknown }> => {
    const { baseUrl, accountSid, authToken } = bed.router
    const response = await fetch(`${baseUrl}/2010-04-01/Accounts/${accountSid}${path}`, {
      headers: { Authorization: `Basic ${btoa(`${accountSid}:${authToken}`)}` },
    })
    expect(response.status).toBe(200)
    return (await response.json()) as { readonly [name: string]: unknown }
  }

  it.skipIf(!existsSync(examples)).each([
    ['FetchConference.200.fetchValidRegionInProgress.json', ''],
    ['FetchParticipant.200.fetchByLabel.json', '/Participants/first'],
    ['FetchConferenceRecording.200.fetch.json', '/Recordings/Twilio.CURRENT'],
  ])('%s', async (name, path) => {
    const example = JSON.parse(readFileSync(join(examples, name), 'utf8'))
    const answer = await get(`/Conferences/${sid}${path}.json`)
    expect(Object.keys(answer).sort()).toEqual(Object.keys(example).sort())
    expect(answer.uri).toContain(`/Conferences/${sid}`)
  })

  it.skipIf(!existsSync(examples)).each([
    ['ListConference.200.readFull.json', '', 'conferences'],
    ['ListParticipant.200.readFull.json', '/{sid}/Participants', 'participants'],
    ['ListConferenceRecording.200.readFull.json', '/{sid}/Recordings', 'recordings'],
  ])('%s', async (name, path, key) => {
    const example = JSON.parse(readFileSync(join(examples, name), 'utf8'))
    const answer = await get(`/Conferences${path.replace('{sid}', sid)}.json`)
    expect(Object.keys(answer).sort()).toEqual(Object.keys(example).sort())
    const [first] = answer[key] as object[]
    expect(Object.keys(first ?? {}).sort()).toEqual(Object.keys(example[key][0]).sort())
  })

  it('finds conferences by name, status and date, and pages through participants', async () => {
    const { conferences } = bed.client
    const today = new Date()
    expect(await conferences.list({ friendlyName: 'room', dateCreated: today })).toHaveLength(1)
    expect(await conferences.list({ dateUpdatedBefore: new Date('2020-01-01') })).toEqual([])
    expect(await conferences.list({ status: 'completed' })).toEqual([])
    const { participants } = conferences(sid)
    const first = await participants.page({ pageSize: 1 })
    const next = await first.nextPage()
    const all = [...first.instances, ...(next?.instances ?? [])]
    expect(new Set(all.map((one) => one.callSid)).size).toBe(2)
    expect(await next?.nextPage()).toBeUndefined()
    expect((await next?.previousPage())?.instances).toHaveLength(1)
  })

  it('changes a participant, and lists by what has changed', async () => {
    const { participants } = bed.client.conferences(sid)
    const changed = await participants(callSid).update({ muted: true, endConferenceOnExit: true })
    expect(changed).toMatchObject({ muted: true, endConferenceOnExit: true, hold: false })
    expect(await participants.list({ muted: true })).toHaveLength(1)
    expect(await participants.list({ hold: true })).toEqual([])
    await participants('first').update({ muted: false, endConferenceOnExit: false })
    expect(await participants.list({ muted: true })).toEqual([])
  })

  it('finds a participant by a label with any signs', async () => {
    const label = '50%/a%41'
    const path = `/Conferences/${sid}/Participants/${encodeURIComponent(label)}.json`
    expect(await eventually('the second', () => get(path).catch(() => undefined))).toMatchObject({
      label,
    })
  })

  it('calls somebody into the room that a document means by the name', async () => {
    const { participants } = bed.client.conferences(encodeURIComponent(' room '))
    const called = { from: callerNumber, to: callerNumber, label: ' third ' }
    expect(await participants.create(called)).toMatchObject({ conferenceSid: sid, label: 'third' })
  })

  it('refuses what is not there or not right', async () => {
    const { conferences } = bed.client
    const nobody = `CA${'0'.repeat(32)}`
    const { participants, recordings } = conferences(sid)
    const outcomes = {
      conference: await refusal(conferences(`CF${'0'.repeat(32)}`).fetch()),
      participant: await refusal(participants('nobody').fetch()),
      recording: await refusal(recordings(`RE${'0'.repeat(32)}`).fetch()),
      coach: await refusal(
        participants('first').update({ coaching: true, callSidToCoach: nobody }),
      ),
      label: await refusal(
        participants.create({ from: callerNumber, to: '+15550109998', label: 'first' }),
      ),
      to: await refusal(participants.create({ from: callerNumber, to: 'x' })),
      nobodyToCoach: await refusal(
        participants.create({ from: callerNumber, to: '+15550109998', coaching: true }),
      ),
      strangerToCoach: await refusal(
        participants.create({
          ...{ from: callerNumber, to: '+15550109998' },
          ...{ coaching: true, callSidToCoach: nobody },
        }),
      ),
      control: await refusal(
        participants.create({ from: callerNumber, to: '+15550109998', label: 'a\u0007' }),
      ),
      deleting: await refusal(recordings('Twilio.CURRENT').remove()),
    }
    expect(outcomes).toMatchObject({
      conference: { status: 404, code: 20404 },
      participant: { status: 404, code: 20404 },
      recording: { status: 404, code: 20404 },
      coach: { status: 400, code: 13240 },
      label: { status: 400, code: 16025 },
      to: { status: 400, code: 21211 },
      nobodyToCoach: { status: 400, code: 13240 },
      strangerToCoach: { status: 400, code: 13240 },
      control: { status: 400, code: 20001 },
      deleting: { status: 409, code: 20009 },
    })
  })
})
