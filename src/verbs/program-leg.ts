import type { Leg, ProgramLeg } from './leg.js'
import type { JsonObject, ProgramState } from './program-state.js'
import type { ProgramPorts } from './run.js'

/** The leg as the instruction at `state.index` sees it: its state goes into the program's. */
export function legOfProgram(target: Leg, state: ProgramState, ports: ProgramPorts): ProgramLeg {
  const at = (verb: JsonObject): ProgramState => ({ ...state, verb })
  return {
    callSid: target.callSid,
    get isAnswered() {
      return target.isAnswered
    },
    answer: (signal) => target.answer(signal),
    ring: () => target.ring(),
    reject: (reason) => target.reject(reason),
    hangUp: () => target.hangUp(),
    play: (prompt, options, signal) => target.play(prompt, options, signal),
    beep: (signal) => target.beep(signal),
    sendDigits: (digits, signal) => target.sendDigits(digits, signal),
    collect: () => target.collect(),
    record: (options, signal) => target.record(options, signal),
    dial: (options, signal) => target.dial(options, signal),
    joinConference: (options, signal) => target.joinConference(options, signal),
    echo: (signal) => target.echo(signal),
    enqueue: (options, signal) => target.enqueue(options, signal),
    dialQueue: (options, signal) => target.dialQueue(options, signal),
    startRecording: (options, signal) => target.startRecording(options, signal),
    refer: (options, signal) => target.refer(options, signal),
    sendMessage: (options, signal) => target.sendMessage(options, signal),
    prompts: ports.prompts,
    clock: ports.clock,
    ids: ports.ids,
    documentUrl: state.document?.url,
    checkpoint: (verb) => ports.checkpoint(at(verb)),
    save: (verb) => ports.save(at(verb)),
  }
}
