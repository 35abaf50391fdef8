import type { Leg, ProgramLeg } from './leg.js'
import type { JsonObject, ProgramState } from './program-state.js'
import type { ProgramPorts } from './run.js'

type Options<Method extends keyof Leg> = Leg[Method] extends (
  first: infer First,
  ...rest: never[]
) => unknown
  ? First
  : never

/** The leg as the instruction at `state.index` sees it: its state goes into the program's. */
export class LegOfProgram implements ProgramLeg {
  readonly #target: Leg
  readonly #state: ProgramState
  readonly #ports: ProgramPorts

  constructor(target: Leg, state: ProgramState, ports: ProgramPorts) {
    this.#target = target
    this.#state = state
    this.#ports = ports
  }

  get callSid() {
    return this.#target.callSid
  }

  get isAnswered() {
    return this.#target.isAnswered
  }

  get prompts() {
    return this.#ports.prompts
  }

  get clock() {
    return this.#ports.clock
  }

  get ids() {
    return this.#ports.ids
  }

  get documentUrl() {
    return this.#state.document?.url
  }

  checkpoint(verb: JsonObject) {
    return this.#ports.checkpoint({ ...this.#state, verb })
  }

  save(verb: JsonObject) {
    this.#ports.save({ ...this.#state, verb })
  }

  answer(signal: AbortSignal) {
    return this.#target.answer(signal)
  }

  ring() {
    this.#target.ring()
  }

  reject(reason: Options<'reject'>) {
    this.#target.reject(reason)
  }

  hangUp() {
    this.#target.hangUp()
  }

  play(prompt: Options<'play'>, options: Parameters<Leg['play']>[1], signal: AbortSignal) {
    return this.#target.play(prompt, options, signal)
  }

  beep(signal: AbortSignal) {
    return this.#target.beep(signal)
  }

  sendDigits(digits: string, signal: AbortSignal) {
    return this.#target.sendDigits(digits, signal)
  }

  collect() {
    return this.#target.collect()
  }

  record(options: Options<'record'>, signal: AbortSignal) {
    return this.#target.record(options, signal)
  }

  dial(options: Options<'dial'>, signal: AbortSignal) {
    return this.#target.dial(options, signal)
  }

  joinConference(options: Options<'joinConference'>, signal: AbortSignal) {
    return this.#target.joinConference(options, signal)
  }

  sendMessage(options: Options<'sendMessage'>, signal: AbortSignal) {
    return this.#target.sendMessage(options, signal)
  }

  echo(signal: AbortSignal) {
    return this.#target.echo(signal)
  }

  enqueue(options: Options<'enqueue'>, signal: AbortSignal) {
    return this.#target.enqueue(options, signal)
  }

  dialQueue(options: Options<'dialQueue'>, signal: AbortSignal) {
    return this.#target.dialQueue(options, signal)
  }

  startRecording(options: Options<'startRecording'>, signal: AbortSignal) {
    return this.#target.startRecording(options, signal)
  }

  refer(options: Options<'refer'>, signal: AbortSignal) {
    return this.#target.refer(options, signal)
  }
}
