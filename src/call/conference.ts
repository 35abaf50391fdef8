import { makeSid } from '../base/ids.js'
import type { Call } from './call.js'
import type { CallRecord } from './call-record.js'
import { CommandError, Mailbox } from './command.js'
import { AnnouncementQueue } from './conference-announcements.js'
import { conferenceErrors } from './conference-error.js'
import {
  type ConferenceEventName,
  conferenceEvent,
  endParameters,
  participantParameters,
} from './conference-events.js'
import { ConferenceMedia } from './conference-media.js'
import type { Announcement, ConferenceCommand, JoinOptions } from './conference-options.js'
import type { ConferencePorts } from './conference-ports.js'
import {
  type ConferenceRecord,
  newConferenceRecord,
  type ReasonConferenceEnded,
  type ReasonParticipantLeft,
} from './conference-record.js'
import { ConferenceRecording, type RecordingWish } from './conference-recording.js'
import { Participant, type ParticipantView } from './participant.js'
import { coachedAfter } from './participant-change.js'
import { ExpectedParticipants, type ParticipantFlags } from './participant-expected.js'
import type { OutboxEntry } from './ports.js'

/** By whose leaving a conference ended. */
interface Ender {
  readonly callSid: string
  readonly label?: string | undefined
}

type Pairs = readonly (readonly [name: string, value: string])[]

/** As many as a document may ask for. */
const participantsMaxNormal = 250

/**
 * Legs that hear each other (contract 2B.5): begins when two are there of whom one may start it, until
 * then each hears its wait document. All state changes at once; sound follows, and is put right when a
 * change comes meanwhile.
 */
export class Conference {
  readonly record: ConferenceRecord
  readonly expected: ExpectedParticipants
  readonly #ports: ConferencePorts
  readonly #onEnded: () => void
  readonly #media: ConferenceMedia
  readonly #mailbox: Mailbox
  readonly #announcements: AnnouncementQueue
  /** By CallSid, in the order in which they came. */
  readonly #participants = new Map<string, Participant>()
  readonly #queues = new WeakMap<Participant, AnnouncementQueue>()
  readonly #over = new AbortController()
  #recordingWish: RecordingWish | undefined
  #recording: ConferenceRecording | undefined
  #stored: Promise<unknown>
  #hasFirst = false

  constructor(accountSid: string, name: string, ports: ConferencePorts, onEnded: () => void) {
    const sid = makeSid('CF', ports.ids)
    const { clock, store, events } = ports
    this.record = newConferenceRecord({ sid, accountSid, friendlyName: name }, clock.nowMs())
    this.#ports = ports
    this.#onEnded = onEnded
    this.#media = new ConferenceMedia(sid, ports, (endpointId, begun) =>
      this.#spoke(endpointId, begun),
    )
    this.#mailbox = new Mailbox((delayMs, signal) => clock.sleep(delayMs, signal))
    this.#announcements = new AnnouncementQueue(ports, (event, pairs) => this.#tell(event, pairs))
    this.expected = new ExpectedParticipants(ports, (callSid, label, status) =>
      this.#neverCame(callSid, label, status),
    )
    this.#stored = store
      .insertConference(this.record)
      .catch((error) => events.bug(error, undefined))
  }

  /** Resolves when all that has happened so far is stored. */
  get stored(): Promise<unknown> {
    return this.#stored
  }

  get participantCount(): number {
    return this.#participants.size
  }

  get isOver(): boolean {
    return this.record.status === 'completed'
  }

  views(): ParticipantView[] {
    const there = [...this.#participants.values()].map((one) => one.view(this.record))
    return [...there, ...this.expected.views(this.record, (sid) => this.#participants.has(sid))]
  }

  /**
   * Takes a place; resolves when the participant is in, perhaps still waiting. Rejects with RouterError
   * when there is no place, or the wait document cannot be had; or with the signal's reason.
   */
  async enter(call: Call, options: JoinOptions, signal: AbortSignal): Promise<Participant> {
    const participant = this.#takePlace(call, options)
    try {
      await call.audio.setJitterBuffer(options.jitterBuffer)
      const { wait, held } = participant
      if (wait.type === 'url' && !held && !this.#startsWith(participant)) {
        await participant.sound.begin(wait, signal)
      }
      signal.throwIfAborted()
    } catch (error) {
      this.leave(participant, 'participant_add_failed')
      throw error
    }
    if (!participant.hasLeft) this.#comesIn(participant, options)
    return participant
  }

  /** Waits for somebody whom `call` calls. Rejects with RouterError when that is not done. */
  async invite(flags: ParticipantFlags, call: () => Promise<CallRecord>): Promise<ParticipantView> {
    const { label } = flags
    if (label !== undefined && this.hasLabel(label)) throw conferenceErrors.labelTaken(label)
    const release = this.expected.reserve(label)
    try {
      const { sid } = await call()
      const view = this.expected.add(sid, flags, this.record)
      if (!this.isOver) return view
      // It ended meanwhile; by its name the call would make another one.
      this.expected.hangUp()
      throw notLive(this.record.sid)
    } finally {
      release()
      this.#endIfEmpty(false, undefined)
    }
  }

  /** `lingers`: it stays in the room until it is in another one, or for a moment. */
  leave(participant: Participant, reason: ReasonParticipantLeft, lingers = false): void {
    if (this.#participants.get(participant.callSid) !== participant) return
    this.#drop(participant, reason, lingers)
    if (participant.isIn && participant.endOnExit) {
      const how = reason === 'participant_updated_via_api' ? 'kicked' : 'left'
      this.#end(`participant-with-end-conference-on-exit-${how}`, participant)
      return
    }
    if (participant.isIn && participant.beepsOnExit && this.record.status === 'in-progress') {
      void this.#media.beep('exit')
    }
    this.#endIfEmpty(reason === 'participant_updated_via_api', participant)
  }

  /** Nobody is there and nobody is to come. */
  #endIfEmpty(kicked: boolean, last: Ender | undefined): void {
    if (this.#participants.size > 0 || this.expected.size > 0) return
    this.#end(kicked ? 'last-participant-kicked' : 'last-participant-left', last)
  }

  /** Carries out a command of REST. Rejects with CommandError. */
  async dispatch(command: ConferenceCommand): Promise<void> {
    await this.#mailbox.post(async () => {
      await this.#carryOut(command)
      await this.#stored
    })
  }

  /** Ends it for everybody. */
  end(): void {
    this.#end('conference-ended-via-api', undefined)
  }

  #takePlace(call: Call, options: JoinOptions): Participant {
    const { name, label, participantsMax = participantsMaxNormal } = options
    const change = this.expected.changeOf(call.sid)
    const coachedCallSid = coachedAfter(change, options.coachedCallSid)
    if (this.isOver) throw conferenceErrors.over(name)
    if (this.#participants.size >= participantsMax) throw conferenceErrors.full(name)
    if (label !== undefined && this.hasLabel(label, call.sid)) {
      throw conferenceErrors.labelTaken(label)
    }
    if (coachedCallSid !== undefined && !this.#participants.has(coachedCallSid)) {
      throw conferenceErrors.badCoach(coachedCallSid)
    }
    const participant = new Participant(call, this.record, options, this.#ports)
    participant.change(change, this.#ports.clock.nowMs())
    const queue = new AnnouncementQueue(this.#ports, (event, pairs) =>
      this.#tellOf(participant, event, pairs),
    )
    this.#queues.set(participant, queue)
    this.#participants.set(call.sid, participant)
    this.expected.came(call.sid)
    if (!this.#hasFirst) {
      this.#hasFirst = true
      this.record.statusCallback = options.statusCallback
    }
    return participant
  }

  /** Whether somebody else has this label, or is expected with it. */
  hasLabel(label: string, exceptCallSid?: string): boolean {
    for (const other of this.#participants.values()) {
      if (other.label === label && other.callSid !== exceptCallSid) return true
    }
    return this.expected.hasLabel(label, exceptCallSid)
  }

  #comesIn(participant: Participant, options: JoinOptions): void {
    participant.isIn = true
    this.#tellOf(participant, 'participant-join')
    if (options.record) {
      const { trimSilence, recordingStatusCallback: statusCallback } = options
      this.#recordingWish ??= { callSid: participant.callSid, trimSilence, statusCallback }
    }
    if (this.record.status === 'init' && this.#startsWith(participant)) {
      this.#start()
    } else {
      if (this.record.status === 'in-progress') this.#put(participant)
      participant.chooseSound(this.record.status === 'in-progress')
    }
    if (this.record.status !== 'in-progress') return
    if (participant.beepsOnEnter) void this.#media.beep('enter')
    this.#recordIfWanted()
  }

  /** Whether the conference runs as soon as this one is in. */
  #startsWith(participant: Participant): boolean {
    if (this.record.status === 'in-progress') return true
    const others = [...this.#participants.values()].filter((one) => one.isIn && one !== participant)
    return others.length > 0 && [participant, ...others].some(({ startOnEnter }) => startOnEnter)
  }

  #start(): void {
    this.record.status = 'in-progress'
    this.record.updatedMs = this.#ports.clock.nowMs()
    this.#tell('conference-start')
    this.#ports.events.conferenceStarted(this.record)
    for (const participant of this.#participants.values()) {
      if (!participant.isIn) continue
      participant.chooseSound(true)
      this.#put(participant)
    }
  }

  #put(participant: Participant): void {
    const { coachedCallSid } = participant
    const coached =
      coachedCallSid === undefined ? undefined : this.#participants.get(coachedCallSid)
    const reports = this.record.statusCallback?.events.includes('speaker') ?? false
    void this.#media.put(participant, coached, reports)
  }

  #recordIfWanted(): void {
    if (!this.#recordingWish || this.#recording) return
    this.#recording = new ConferenceRecording(this.record, this.#recordingWish, this.#ports)
    this.#recording.start(this.#media)
  }

  #drop(participant: Participant, reason: ReasonParticipantLeft, lingers = false): void {
    this.#participants.delete(participant.callSid)
    participant.leave(reason)
    void this.#media.remove(participant, lingers)
    if (!participant.isIn && reason !== 'participant_add_failed') return
    this.#tellOf(participant, 'participant-leave', [
      ['ParticipantCallStatus', participant.call.record.status],
      ['ReasonParticipantLeft', reason],
    ])
  }

  /** One who was called for the conference did not answer. */
  #neverCame(callSid: string, label: string | undefined, status: string): void {
    this.#tell('participant-leave', [
      ['CallSid', callSid],
      ...(label === undefined ? [] : [['ParticipantLabel', label] as const]),
      ['ParticipantCallStatus', status],
      ['ReasonParticipantLeft', 'participant_add_failed'],
    ])
    this.#endIfEmpty(false, { callSid, label })
  }

  #end(reason: ReasonConferenceEnded, by: Ender | undefined): void {
    if (this.isOver) return
    this.record.status = 'completed'
    this.record.updatedMs = this.#ports.clock.nowMs()
    this.record.reasonEnded = reason
    this.record.callSidEnding = by?.callSid
    this.#over.abort(new Error(reason))
    const why = by ? 'moderator_ended_conference' : 'conference_ended_via_api'
    for (const participant of [...this.#participants.values()]) this.#drop(participant, why)
    this.expected.hangUp()
    this.#tell('conference-end', endParameters(this.record, by?.label))
    this.#ports.events.conferenceEnded(this.record)
    void this.#media.close()
    this.#onEnded()
  }

  async #carryOut(command: ConferenceCommand): Promise<void> {
    if (this.isOver) throw notLive(this.record.sid)
    switch (command.type) {
      case 'end':
        this.end()
        return
      case 'announce':
        this.#announceToAll(command.announcement)
        return
      case 'kick':
        this.#kick(command.participant)
        return
      case 'record':
        await this.#controlRecording(command)
        return
      case 'update':
        this.#update(command)
        return
      default:
        command satisfies never
    }
  }

  #announceToAll(announcement: Announcement): void {
    const { mixerId } = this.#media
    if (this.record.status !== 'in-progress' || mixerId === undefined) {
      this.#announcements.refuse(announcement, 'The conference has not started')
      return
    }
    const target = { conference: this.record, mixerId }
    this.#announcements.add(announcement, target, this.#over.signal)
  }

  #kick(name: string): void {
    const participant = this.find(name)
    if (participant) this.leave(participant, 'participant_updated_via_api')
    else if (!this.expected.hangUp(name)) throw noParticipant(name)
  }

  #update(command: ConferenceCommand & { type: 'update' }): void {
    const { participant: name, change, announcement } = command
    const participant = this.find(name)
    if (!participant) {
      this.#updateExpected(command)
      return
    }
    const { coachedCallSid } = change
    const isCoachable = coachedCallSid === undefined || this.#participants.has(coachedCallSid)
    if (!isCoachable || coachedCallSid === participant.callSid) {
      throw conferenceErrors.badCoach(String(coachedCallSid))
    }
    const before = participant.view(this.record)
    participant.change(change, this.#ports.clock.nowMs())
    const { muted, held, coachedCallSid: coached, endOnExit } = participant
    if (muted !== before.muted) {
      this.#tellOf(participant, muted ? 'participant-mute' : 'participant-unmute')
    }
    if (held !== before.held) {
      this.#tellOf(participant, held ? 'participant-hold' : 'participant-unhold')
    }
    const isModified = coached !== before.coachedCallSid || endOnExit !== before.endOnExit
    if (isModified || change.beepOnExit !== undefined)
      this.#tellOf(participant, 'participant-modify')
    const isStarted = this.record.status === 'in-progress'
    if (participant.isIn) participant.chooseSound(isStarted)
    if (participant.isIn && isStarted) this.#put(participant)
    if (!announcement) return
    const target = { conference: this.record, call: participant.call }
    this.#queues
      .get(participant)
      ?.add(announcement, target, participant.goneSignal, participant.sound)
  }

  /** Of one who is being called: takes effect when it comes in, and its join tells of it. */
  #updateExpected({
    participant: name,
    change,
    announcement,
  }: ConferenceCommand & { type: 'update' }): void {
    const callSid = this.expected.find(name)
    if (callSid === undefined) throw noParticipant(name)
    if (announcement) {
      const why = `Call ${callSid} is not in the conference yet. Cannot announce.`
      throw new CommandError('ERR_NOT_IN_CONFERENCE', 21220, why)
    }
    this.checkCoached(change.coachedCallSid, callSid)
    this.expected.change(callSid, change)
  }

  /**
   * Whether one who is called may come to coach this one, who is there or is being called too; it is
   * seen to again when the one who coaches comes in. Throws ConferenceError.
   */
  checkCoached(callSid: string | undefined, coachCallSid?: string): void {
    if (callSid === undefined) return
    const isKnown = this.#participants.has(callSid) || this.expected.has(callSid)
    if (!isKnown || callSid === coachCallSid) throw conferenceErrors.badCoach(callSid)
  }

  /** By CallSid or label. */
  find(name: string): Participant | undefined {
    const byCall = this.#participants.get(name)
    if (byCall) return byCall
    return [...this.#participants.values()].find(({ label }) => label === name)
  }

  async #controlRecording(command: ConferenceCommand & { type: 'record' }): Promise<void> {
    const recording = this.#recording
    const isMeant =
      command.recordingSid === undefined || recording?.record.sid === command.recordingSid
    if (!recording || !isMeant || recording.isOver) {
      throw new CommandError('ERR_RECORDING_OVER', 20404, 'There is no such recording in progress')
    }
    if (command.to === 'paused') await recording.pause(command.instead)
    if (command.to === 'in-progress') await recording.resume()
    if (command.to === 'stopped') await recording.stop()
  }

  #spoke(endpointId: number, hasBegun: boolean): void {
    for (const participant of this.#participants.values()) {
      if (participant.call.audio.endpointId !== endpointId) continue
      const name = hasBegun ? 'participant-speech-start' : 'participant-speech-stop'
      this.#tellOf(participant, name)
    }
  }

  #tellOf(participant: Participant, name: ConferenceEventName, more: Pairs = []): void {
    this.#tell(name, [...participantParameters(participant), ...more])
  }

  #tell(name: ConferenceEventName, parameters: Pairs = []): void {
    this.#persist(conferenceEvent(this.record, name, parameters, this.#ports))
  }

  #persist(outbox: readonly OutboxEntry[]): void {
    const { store, events, outboxFilled } = this.#ports
    this.#stored = store.updateConference({ ...this.record }, outbox).then(
      () => outbox.length > 0 && outboxFilled(this.record.sid),
      (error) => events.bug(error, undefined),
    )
  }
}

function notLive(sid: string): CommandError {
  return new CommandError('ERR_CONFERENCE_OVER', 20404, `Conference ${sid} is not in progress`)
}

function noParticipant(name: string): CommandError {
  return new CommandError('ERR_NO_PARTICIPANT', 20404, `Participant ${name} was not found`)
}
