import type { ServerResponse } from 'node:http'
import twilio from 'twilio'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ReceivedRequest, sound } from './harness/application.js'
import { readWav, tones, wavBytes, writeWav } from './harness/audio.js'
import { type CallerOptions, startCaller } from './harness/caller.js'
import { eventually } from './harness/eventually.js'
import { toneSeconds } from './harness/measure.js'
import { callerNumber, startTestbed, type Testbed } from './harness/testbed.js'

const hangup = '<Response><Hangup/></Response>'
const allEvents = 'start end join leave mute hold modify speaker announcement'

describe('conferences', () => {
  let bed: Testbed
  /** Whom the router calls: a router of its own. */
  let phones: Testbed
  beforeAll(async () => {
    bed = await startTestbed()
    phones = await startTestbed()
  })
  afterAll(async () => {
    await Promise.all([bed?.close(), phones?.close()])
  })

  /** A number whose callers go into the room of this name; its action is at /{path}/done. */
  const room = (name: string, attributes = '', dial = '', path = name) =>
    bed.number({
      [`/${path}`]: `<Response><Dial action="/${path}/done" ${dial}>
        <Conference waitUrl="" ${attributes}>${name}</Conference></Dial></Response>`,
      [`/${path}/done`]: hangup,
      [`/${path}/events`]: '',
    })
  const join = (number: string, name: string, maxSeconds = 20, more: CallerOptions = {}) =>
    startCaller(bed.uriOf(number), { maxSeconds, from: `sip:${name}@127.0.0.1`, ...more })
  const callOf = (number: string, name: string) =>
    eventually(`the call of ${name}`, async () => {
      const [call] = await bed.client.calls.list({
        to: number,
        from: `sip:${name}@127.0.0.1`,
        status: 'in-progress',
      })
      return call?.sid
    })
  const withParticipants = (name: string, count: number, status = 'in-progress') =>
    eventually(`${count} in ${name}`, async () => {
      const [found] = await bed.client.conferences.list({ friendlyName: name })
      if (found?.status !== status) return undefined
      const all = await bed.client.conferences(found.sid).participants.list()
      const list = all.filter((one) => one.status === 'connected')
      return list.length === count ? bed.client.conferences(found.sid) : undefined
    })
  const done = async (path: string, callSid?: string) =>
    (
      await bed.app.received(
        `/${path}/done`,
        ({ parameters }) => callSid === undefined || parameters.CallSid === callSid,
      )
    ).parameters

  it.concurrent('2H 14: a Dial to a conference tells no DialCallSid and no duration', async () => {
    const number = await room('fourteen', '', 'hangupOnStar="true"')
    const starred = join(number, 'starred', 20, { digits: '*', digitsAfter: 4 })
    const other = join(number, 'other', 9)
    await withParticipants('fourteen', 2)
    const starredSid = await callOf(number, 'starred')
    const byStar = await done('fourteen', starredSid)
    expect(byStar).toMatchObject({ DialCallStatus: 'answered', CallStatus: 'in-progress' })
    expect(byStar).not.toHaveProperty('DialCallSid')
    expect(byStar).not.toHaveProperty('DialCallDuration')
    await starred.finished
    await other.finished
    const byHangUp = await eventually('the other action', () =>
      bed.app.to('/fourteen/done').find(({ parameters }) => parameters.CallSid !== starredSid),
    )
    expect(byHangUp.parameters).toMatchObject({ DialCallStatus: 'completed' })
  })

  it.concurrent('2H 23: two are needed, of whom one may start; the first fixes the callbacks', async () => {
    const first = await room(
      'moderated',
      `startConferenceOnEnter="false" statusCallback="/moderated/events"
        statusCallbackEvent="${allEvents}"`,
    )
    const moderator = await room(
      'moderated',
      'endConferenceOnExit="true" statusCallback="/ignored" statusCallbackEvent="end"',
      '',
      'moderator',
    )
    const one = join(first, 'one')
    await withParticipants('moderated', 1, 'init')
    const two = join(first, 'two')
    const waiting = await withParticipants('moderated', 2, 'init')
    const leads = join(moderator, 'leads', 4)
    await withParticipants('moderated', 3)
    await leads.finished
    // The end of the conference is not the end of the calls: their documents go on.
    await one.finished
    await two.finished
    const statuses = () => bed.app.to('/moderated/done').map(({ parameters }) => parameters)
    await eventually('both actions', () => statuses().length === 2 || undefined)
    for (const status of statuses()) expect(status).toMatchObject({ DialCallStatus: 'completed' })
    await bed.app.received('/moderated/events', isEvent('conference-end'))
    const events = bed.app.to('/moderated/events').map(({ parameters }) => parameters)
    expect(events.map((event) => event.StatusCallbackEvent)).toEqual([
      ...['participant-join', 'participant-join', 'participant-join', 'conference-start'],
      ...['participant-leave', 'participant-leave', 'participant-leave', 'conference-end'],
    ])
    expect(events.map((event) => Number(event.SequenceNumber))).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
    expect(bed.app.to('/ignored')).toEqual([])
    const [, , led] = events
    expect(led).toMatchObject({
      FriendlyName: 'moderated',
      Muted: 'false',
      Hold: 'false',
      Coaching: 'false',
      EndConferenceOnExit: 'true',
      StartConferenceOnEnter: 'true',
    })
    expect(events[4]).toMatchObject({
      CallSid: led?.CallSid,
      ReasonParticipantLeft: 'participant_hung_up',
      ParticipantCallStatus: 'completed',
    })
    expect(events[5]).toMatchObject({ ReasonParticipantLeft: 'moderator_ended_conference' })
    expect(events[7]).toMatchObject({
      CallSidEndingConference: led?.CallSid,
      ReasonConferenceEnded: 'participant-with-end-conference-on-exit-left',
    })
    expect(await waiting.fetch()).toMatchObject({
      status: 'completed',
      reasonConferenceEnded: 'participant-with-end-conference-on-exit-left',
      callSidEndingConference: led?.CallSid,
    })
  })

  it.concurrent('2H 23: a wait document ends in silence; one that fails lets nobody in', async () => {
    const number = await bed.number({
      '/waits': `<Response><Dial action="/waits/done">
        <Conference waitUrl="/waits/music" waitMethod="GET">waits</Conference></Dial></Response>`,
      '/waits/done': hangup,
    })
    bed.app.on('/waits/music', '<Response><Play>/waits/tone.wav</Play></Response>')
    bed.app.on('/waits/tone.wav', sound(wavBytes(tones([500], 1))))
    const record = bed.path('waits.wav')
    await join(number, 'alone', 5, { record }).finished
    const { samples } = readWav(record)
    expect(toneSeconds(samples, 500)).toBeGreaterThanOrEqual(0.8)
    expect(toneSeconds(samples, 500)).toBeLessThanOrEqual(1.1)
    expect(bed.app.to('/waits/music')).toHaveLength(1)
    const [asked] = bed.app.to('/waits/music')
    expect(asked?.parameters).toMatchObject({ FriendlyName: 'waits' })

    bed.app.on('/waits/music', '<Response><Play>/waits/missing.wav</Play></Response>')
    await join(number, 'refused').finished
    const outcomes = bed.app.to('/waits/done').map(({ parameters }) => parameters.DialCallStatus)
    expect(outcomes).toEqual(['completed', 'failed'])
  })

  it.concurrent('who waits without a waitUrl hears music', async () => {
    const number = await bed.number({
      '/music': '<Response><Dial><Conference>music</Conference></Dial></Response>',
    })
    const record = bed.path('music.wav')
    await join(number, 'patient', 4, { record }).finished
    const { samples } = readWav(record)
    const silent = samples.subarray(4_000).filter((sample) => Math.abs(sample) < 20).length
    expect(silent / samples.length).toBeLessThan(0.2)
  })

  it.concurrent('no place, a label twice and a bad coach fail the Dial', async () => {
    const number = await room('small', 'maxParticipants="2" participantLabel="me"')
    const other = await room('small', 'maxParticipants="2"', '', 'small2')
    const coach = await room('small', 'coach="CA00000000000000000000000000000000"', '', 'small3')
    const one = join(number, 'one', 15)
    await withParticipants('small', 1, 'init')
    await join(number, 'same-label').finished
    expect((await done('small')).DialCallStatus).toBe('failed')
    await join(coach, 'coach').finished
    expect((await done('small3')).DialCallStatus).toBe('failed')
    const two = join(other, 'two', 10)
    await withParticipants('small', 2)
    await join(other, 'third').finished
    expect((await done('small2')).DialCallStatus).toBe('failed')
    const [failed] = await bed.client.calls.list({ from: 'sip:coach@127.0.0.1' })
    expect(bed.router.log()).toContain('13240')
    expect(bed.router.log()).toContain('16025')
    expect(failed?.status).toBe('completed')
    await one.finished
    await two.finished
  })

  it.concurrent('2H 24: a hold document is fetched by GET, an announcement by POST', async () => {
    const number = await room(
      'holds',
      `statusCallback="/holds/events" statusCallbackEvent="${allEvents}"`,
    )
    bed.app.on('/holds/music', '<Response><Play>/holds/tone.wav</Play></Response>')
    bed.app.on('/holds/say', '<Response><Play>/holds/tone.wav</Play></Response>')
    bed.app.on('/holds/tone.wav', sound(wavBytes(tones([700], 1))))
    const record = bed.path('holds.wav')
    const callers = [join(number, 'one', 12, { record }), join(number, 'two', 12)]
    const conference = await withParticipants('holds', 2)
    const participant = conference.participants(await callOf(number, 'one'))
    const announceUrl = bed.app.url('/holds/say')
    const holdUrl = bed.app.url('/holds/music')
    await participant.update({ hold: true, holdUrl })
    expect((await bed.app.received('/holds/music')).method).toBe('GET')
    await participant.update({ hold: false })
    await participant.update({ announceUrl })
    expect((await bed.app.received('/holds/say')).method).toBe('POST')
    await bed.app.received('/holds/events', isEvent('announcement-end'))
    await conference.update({ announceUrl })
    const toAll = await bed.app.received(
      '/holds/say',
      ({ parameters }) => parameters.CallSid === undefined,
    )
    expect(toAll.parameters).toMatchObject({ FriendlyName: 'holds' })
    await eventually(
      'the second announcement',
      () =>
        bed.app.to('/holds/events').filter(isEvent('announcement-end')).length === 2 || undefined,
    )
    await conference.update({ announceUrl: bed.app.url('/holds/missing') })
    const failure = await bed.app.received('/holds/events', isEvent('announcement-fail'))
    expect(failure.parameters.AnnounceUrl).toBe(bed.app.url('/holds/missing'))
    expect(failure.parameters.ReasonAnnouncementFailed).toContain('404')
    await Promise.all(callers.map(({ finished }) => finished))
    // To it alone, and to all, each a second long.
    expect(toneSeconds(readWav(record).samples, 700)).toBeGreaterThanOrEqual(1.6)
  })

  it.concurrent('2H 25: a participant by its label, a conference by its name, the current recording', async () => {
    const answering = await phones.number({
      '/invited': '<Response><Gather timeout="20"/></Response>',
    })
    const made = await bed.client.conferences('by name').participants.create({
      from: callerNumber,
      to: phones.uriOf(answering),
      label: 'guest',
      conferenceRecord: 'true',
      conferenceStatusCallback: bed.app.url('/named/events'),
      conferenceStatusCallbackEvent: allEvents.split(' '),
      conferenceRecordingStatusCallback: bed.app.url('/named/recordings'),
      conferenceRecordingStatusCallbackEvent: ['in-progress', 'completed'],
      waitUrl: '',
    })
    bed.app.on('/named/events', '')
    bed.app.on('/named/recordings', '')
    expect(made).toMatchObject({ label: 'guest', status: 'queued', muted: false })
    expect(made.conferenceSid).toMatch(/^CF[0-9a-f]{32}$/)
    const conference = bed.client.conferences(made.conferenceSid)
    expect(await conference.fetch()).toMatchObject({ friendlyName: 'by name', status: 'init' })
    await withParticipants('by name', 1, 'init')
    const number = await room('by name', '', '', 'named')
    const caller = join(number, 'caller', 10)
    await withParticipants('by name', 2)
    const guest = conference.participants('guest')
    expect(await guest.fetch()).toMatchObject({ callSid: made.callSid, label: 'guest' })
    expect(await guest.update({ muted: true })).toMatchObject({ muted: true })
    expect(await conference.participants.list({ muted: true })).toHaveLength(1)
    const refused = conference.participants.create({
      from: callerNumber,
      to: phones.uriOf(answering),
      label: 'guest',
    })
    await expect(refused).rejects.toMatchObject({ status: 400, code: 16025 })

    const current = conference.recordings('Twilio.CURRENT')
    const started = await bed.app.received('/named/recordings')
    expect(started.parameters).toMatchObject({
      ConferenceSid: made.conferenceSid,
      RecordingStatus: 'in-progress',
      RecordingSource: 'Conference',
      RecordingChannels: '1',
    })
    expect(started.parameters).not.toHaveProperty('CallSid')
    expect(await current.update({ status: 'paused', pauseBehavior: 'skip' })).toMatchObject({
      status: 'paused',
    })
    expect(await current.update({ status: 'in-progress' })).toMatchObject({ status: 'in-progress' })
    expect(await current.update({ status: 'stopped' })).toMatchObject({ status: 'stopped' })
    await bed.app.received(
      '/named/recordings',
      ({ parameters }) => parameters.RecordingStatus === 'completed',
    )
    const [recording] = await conference.recordings.list()
    expect(recording).toMatchObject({ conferenceSid: made.conferenceSid, source: 'Conference' })
    expect(await conference.recordings(recording?.sid ?? '').remove()).toBe(true)
    await expect(current.fetch()).rejects.toBeInstanceOf(twilio.RestException)

    expect(await guest.remove()).toBe(true)
    const left = await bed.app.received('/named/events', isEvent('participant-leave'))
    expect(left.parameters).toMatchObject({
      CallSid: made.callSid,
      ParticipantLabel: 'guest',
      ReasonParticipantLeft: 'participant_updated_via_api',
    })
    expect(await conference.update({ status: 'completed' })).toMatchObject({
      status: 'completed',
      reasonConferenceEnded: 'conference-ended-via-api',
    })
    await caller.finished
    expect(await conference.participants.list()).toEqual([])
  })

  it.concurrent('one who still rings is changed, which holds when it comes in', async () => {
    let answer: (twiml: string) => void = () => {}
    phones.app.on('/rings/first.wav', sound(wavBytes(tones([600], 2))))
    phones.app.on('/rings/second.wav', sound(wavBytes(tones([900], 2))))
    const later = (_request: unknown, response: ServerResponse) => {
      answer = (twiml) => response.writeHead(200, { 'Content-Type': 'text/xml' }).end(twiml)
      return undefined
    }
    const ringing = await phones.number({ '/rings': later, '/rings/next': later })
    const number = await room(
      'changed',
      `beep="false" statusCallback="/changed/events" statusCallbackEvent="${allEvents}"`,
    )
    bed.app.on('/changed/hold', '<Response><Play>/changed/hold.wav</Play></Response>')
    bed.app.on('/changed/hold.wav', sound(wavBytes(tones([450], 1))))
    const record = bed.path('changed.wav')
    const caller = join(number, 'caller', 20, { record })
    const conference = await withParticipants('changed', 1, 'init')
    const { participants } = conference
    const called = { from: callerNumber, to: phones.uriOf(ringing), beep: 'false' }
    const stranger = { coaching: true, callSidToCoach: `CA${'0'.repeat(32)}` }
    await expect(participants.create({ ...called, ...stranger })).rejects.toMatchObject({
      ...{ status: 400, code: 13240 },
    })
    const { callSid } = await participants.create({ ...called, label: 'late' })
    await phones.app.received('/rings')
    const late = participants('late')
    const announced = late.update({ announceUrl: bed.app.url('/changed/hold') })
    await expect(announced).rejects.toMatchObject({ status: 400, code: 21220 })
    const changed = { muted: true, hold: true, endConferenceOnExit: true }
    const holdUrl = bed.app.url('/changed/hold')
    expect(await late.update({ ...changed, holdUrl })).toMatchObject({ ...changed, callSid })
    expect((await participants.list({ muted: true })).map((one) => one.callSid)).toEqual([callSid])
    expect((await late.fetch()).status).not.toBe('connected')

    answer('<Response><Play>/rings/first.wav</Play><Redirect>/rings/next</Redirect></Response>')
    expect((await bed.app.received('/changed/hold')).method).toBe('GET')
    const isOfLate = ({ parameters }: ReceivedRequest) => parameters.CallSid === callSid
    const joined = await bed.app.received(
      '/changed/events',
      (told) => isOfLate(told) && isEvent('participant-join')(told),
    )
    expect(joined.parameters).toMatchObject({
      ...{ Muted: 'true', Hold: 'true', EndConferenceOnExit: 'true' },
    })
    await phones.app.received('/rings/next')
    expect(await late.update({ muted: false, hold: false })).toMatchObject({
      ...{ muted: false, hold: false, status: 'connected' },
    })
    answer('<Response><Play>/rings/second.wav</Play></Response>')
    await caller.finished
    expect(await conference.fetch()).toMatchObject({
      reasonConferenceEnded: 'participant-with-end-conference-on-exit-left',
      callSidEndingConference: callSid,
    })
    const { samples } = readWav(record)
    expect(toneSeconds(samples, 600)).toBeLessThan(0.3)
    expect(toneSeconds(samples, 900)).toBeGreaterThan(1.5)
  })

  it.concurrent('one who is called and does not answer leaves no conference behind', async () => {
    const refusing = await phones.number({ '/refusing': '<Response><Reject/></Response>' })
    const made = await bed.client.conferences('nobody comes').participants.create({
      from: callerNumber,
      to: phones.uriOf(refusing),
    })
    await eventually('its end', async () => {
      const { status } = await bed.client.conferences(made.conferenceSid).fetch()
      return status === 'completed' || undefined
    })
    const call = await bed.client.calls(made.callSid).fetch()
    expect(call.status).toBe('no-answer')
  })

  it.concurrent('who speaks is told; each side of a dual recording has its party', async () => {
    const number = await room(
      'speaks',
      'statusCallback="/speaks/events" statusCallbackEvent="speaker"',
      'record="record-from-answer-dual"',
    )
    const says = bed.path('speaks.says.wav')
    writeWav(says, tones([700], 6))
    const speaker = join(number, 'speaker', 8, { play: says })
    const listener = join(number, 'listener', 8)
    await withParticipants('speaks', 2)
    const speakerSid = await callOf(number, 'speaker')
    const begun = await bed.app.received('/speaks/events', isEvent('participant-speech-start'))
    expect(begun.parameters.CallSid).toBe(speakerSid)
    await bed.app.received('/speaks/events', isEvent('participant-speech-stop'))
    await Promise.all([speaker.finished, listener.finished])
    const { RecordingUrl, RecordingSid } = await done('speaks', speakerSid)
    expect(RecordingSid).toMatch(/^RE/)
    const wav = await bed.recording(RecordingUrl)
    expect(wav.channels).toBe(2)
    const left = wav.samples.filter((_, index) => index % 2 === 0)
    const right = wav.samples.filter((_, index) => index % 2 === 1)
    expect(toneSeconds(left, 700)).toBeGreaterThan(2)
    expect(toneSeconds(right, 700)).toBe(0)
  })
})

function isEvent(name: string) {
  return ({ parameters }: { readonly parameters: { readonly [name: string]: string } }) =>
    parameters.StatusCallbackEvent === name
}
