import { lookup } from 'node:dns/promises'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { answerOffer, makeOffer, settleAnswer } from '../call/media-description.js'
import { createMediaPlane } from '../media/create.js'
import { createAudioFiles } from '../media/files/decode.js'
import type { MediaEvent, MediaPlane } from '../media/port.js'
import { localAddressTo } from '../net/local-address.js'
import type { SipOutput } from '../sip/events.js'
import { parseSipUri } from '../sip/uri.js'
import { type SipShell, startSip } from './sip-shell.js'
import { systemClock, systemIds } from './system.js'
import { version } from './version.js'

export interface TestCallOptions {
  readonly digits?: string
  readonly digitsAfter: number
  readonly play?: string
  readonly record?: string
  readonly maxSeconds: number
  readonly from: string
  readonly user?: string
  readonly ringSeconds: number
}

const exitCodes = { answered: 0, refused: 1, usage: 2 }

/** Places one call with our own stack and media core, and tells what happens on the way. */
export async function callOut(uri: string, options: TestCallOptions): Promise<number> {
  const target = parseSipUri(uri)
  if (!target) {
    say(`${uri} is not a SIP URI; try sip:+15550100001@127.0.0.1`)
    return exitCodes.usage
  }
  // RFC 3261 §19.1.1: a host that only the peer knows is called at its maddr.
  const remote = await lookup(target.params.get('maddr') ?? target.host).catch(() => undefined)
  if (!remote) {
    say(`there is no host ${target.host}`)
    return exitCodes.refused
  }
  return new TestCall(uri, options, await localAddressTo(remote.address)).run()
}

class TestCall {
  readonly #uri: string
  readonly #options: TestCallOptions
  readonly #local: string
  readonly #over = new AbortController()
  #onLeg: (event: Extract<SipOutput, { readonly legId: string }>) => void = () => {}
  #onMedia: (event: MediaEvent) => void = () => {}

  constructor(uri: string, options: TestCallOptions, local: string) {
    this.#uri = uri
    this.#options = options
    this.#local = local
  }

  async run(): Promise<number> {
    const config = { portMin: 30_000, portMax: 39_999, threads: 1, endpointsMax: 2 }
    const plane = await createMediaPlane('auto', config, (event) => this.#onMedia(event))
    const sip = await startSip(
      {
        hosts: [this.#local],
        port: 0,
        realm: 'dialplane-call',
        publicHost: undefined,
        userAgent: `Dialplane-call/${version}`,
        trusted: ['0.0.0.0/0', '::/0'],
        users: new Map(),
        callsMax: 4,
      },
      systemClock,
      systemIds,
      {
        leg: (event) => this.#onLeg(event),
        counted: () => {},
        fault: (fault) => say(String(fault)),
      },
    )
    const interrupt = () => this.#over.abort()
    process.once('SIGINT', interrupt)
    try {
      return await this.#call(plane, sip.send)
    } finally {
      process.off('SIGINT', interrupt)
      await systemClock.sleep(100)
      await plane.close()
      await sip.close()
    }
  }

  async #call(plane: MediaPlane, send: SipShell['send']): Promise<number> {
    const endpoint = await plane.open({ bindAddress: this.#local })
    const sessionId = String(systemIds.uint32())
    const local = { address: this.#local, port: endpoint.rtpPort, sessionId, sessionVersion: 0 }
    const { sdp: offer } = makeOffer(local)
    const answer = await this.#place(offer, send)
    if (answer === undefined) return exitCodes.refused
    const settled = settleAnswer(offer, answer)
    if (!settled.ok) {
      say(`the answer has no media that we understand: ${settled.problem}`)
      send({ type: 'hangUp', legId })
      return exitCodes.refused
    }
    const settings = {
      ...settled.value.selection,
      ssrc: systemIds.uint32(),
      rtpTimeoutMs: 0,
      inBandDtmf: false,
    }
    await plane.submit({ type: 'configure', endpointId: endpoint.endpointId, settings })
    this.#onLeg = (event) => {
      if (event.type === 'ended') this.#over.abort()
      if (event.type !== 'reoffered') return
      const again =
        event.sdp === undefined
          ? undefined
          : answerOffer(event.sdp, { ...local, sessionVersion: 1 })
      send({ type: 'answerReoffer', legId, ...(again?.ok ? { sdp: again.value.sdp } : {}) })
    }
    await this.#talk(plane, endpoint.endpointId)
    send({ type: 'hangUp', legId })
    return exitCodes.answered
  }

  /** Sends the INVITE; resolves with the SDP of the answer, or undefined when refused. */
  #place(offer: string, send: SipShell['send']): Promise<string | undefined> {
    const [username = '', password = ''] = this.#options.user?.split(':') ?? []
    return new Promise((done) => {
      const timeout = setTimeout(
        () => send({ type: 'hangUp', legId }),
        this.#options.ringSeconds * 1000,
      )
      this.#over.signal.addEventListener('abort', () => send({ type: 'hangUp', legId }), {
        once: true,
      })
      this.#onLeg = (event) => {
        if (event.type === 'progressed')
          say(`${event.status}${event.status === 180 ? ' ringing' : ''}`)
        if (event.type !== 'answered' && event.type !== 'refused' && event.type !== 'ended') return
        clearTimeout(timeout)
        // Also when it comes between the answer and the conversation.
        if (event.type === 'ended') this.#over.abort()
        if (event.type === 'answered') say('answered')
        if (event.type === 'ended') say('no reply')
        if (event.type === 'refused') say(`refused: ${event.status} ${event.reason}`)
        done(event.type === 'answered' ? (event.sdp ?? '') : undefined)
      }
      send({
        type: 'invite',
        legId,
        target: this.#uri,
        from: { uri: this.#options.from },
        sdp: offer,
        ...(this.#options.user === undefined ? {} : { credentials: { username, password } }),
      })
    })
  }

  async #talk(plane: MediaPlane, endpointId: number): Promise<void> {
    const { digits, digitsAfter, play, record, maxSeconds } = this.#options
    const { signal } = this.#over
    const recorded = new Promise<void>((done) => {
      this.#onMedia = (event) => {
        if (event.type === 'digit') say(`heard the digit ${event.digit}`)
        if (event.type !== 'recorderEnded') return
        say(`recorded ${(event.durationMs / 1000).toFixed(1)} s`)
        done()
      }
    })
    if (record !== undefined) {
      await plane.submit({
        type: 'record',
        recorderId: 1,
        endpointId,
        path: resolve(record),
        channels: 'received',
        durationMsMax: maxSeconds * 1000,
        silenceTimeoutMs: 0,
        trimSilence: false,
      })
    }
    const speaking = play === undefined ? Promise.resolve() : this.#play(plane, endpointId, play)
    const pressing =
      digits === undefined ? Promise.resolve() : this.#press(plane, endpointId, digits, digitsAfter)
    await systemClock.sleep(maxSeconds * 1000, signal).catch(() => {})
    say(signal.aborted ? 'the other side hung up' : `hanging up after ${maxSeconds} s`)
    if (record !== undefined) {
      await plane.submit({ type: 'stopRecorder', recorderId: 1 }).catch(() => {})
      await recorded
    }
    await Promise.allSettled([speaking, pressing])
  }

  async #play(plane: MediaPlane, endpointId: number, file: string): Promise<void> {
    const files = createAudioFiles()
    const { samples, sampleRateHz } = await files
      .decode(await readFile(file))
      .finally(() => files.close())
    const promptId = await plane.loadPrompt(
      await plane.resample(samples, sampleRateHz, 8_000),
      8_000,
    )
    await plane.submit({ type: 'play', playerId: 1, endpointId, promptId, loops: 1, offsetMs: 0 })
  }

  async #press(
    plane: MediaPlane,
    endpointId: number,
    digits: string,
    afterSeconds: number,
  ): Promise<void> {
    await systemClock.sleep(afterSeconds * 1000, this.#over.signal)
    say(`pressing ${digits}`)
    // Keys would wait for the end of the speech; they end it instead.
    await plane.submit({ type: 'stopPlayer', playerId: 1 }).catch(() => {})
    await plane.submit({
      type: 'sendDigits',
      playerId: 2,
      endpointId,
      digits,
      toneMs: 120,
      gapMs: 80,
    })
  }
}

const legId = 'call'

function say(text: string): void {
  process.stderr.write(`${text}\n`)
}
