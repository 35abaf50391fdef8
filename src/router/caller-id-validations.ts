import { timingSafeEqual } from 'node:crypto'
import type { Clock } from '../base/clock.js'
import { type Ids, makeSid } from '../base/ids.js'
import type { CallRecord } from '../call/call-record.js'
import { isFinal } from '../call/call-record.js'
import type { NewCallerIdValidation } from '../call/caller-id.js'
import type { Calls } from '../call/calls.js'
import { CommandError } from '../call/command.js'
import { anonymous } from '../call/identity.js'
import type { NewOutgoingCall } from '../call/outgoing.js'
import { updateCall } from '../store/calls.js'
import {
  countCallerIds,
  findCallerIdByPhone,
  findFirstNumber,
  insertCallerId,
} from '../store/outgoing-caller-ids.js'
import type { Store } from '../store/store.js'
import type { Parameters } from '../webhook/signature.js'
import { callRow } from './sql-call-store.js'

interface Validation
  extends Pick<NewCallerIdValidation, 'accountSid' | 'phoneNumber' | 'friendlyName'> {
  readonly code: string
  triesLeft: number
}

interface ValidationParts {
  readonly store: Store
  readonly clock: Clock
  readonly ids: Ids
  calls(): Pick<Calls, 'create'>
}

const tries = 3
const codeDigits = 6
/** Under way at once, of an account and of all. */
const ofAccountMax = 20
const ofAllMax = 1_000
const callerIdsMax = 10_000
const ringMsMax = 60_000
const talkMsMax = 300_000

/**
 * Calls numbers and asks there for the code that the account was told; the right one makes the number a
 * caller ID of the account. A code is kept in memory alone, and as long as its call.
 */
export class CallerIdValidations {
  readonly #parts: ValidationParts
  /** By CallSid. */
  readonly #underWay = new Map<string, Validation>()

  constructor(parts: ValidationParts) {
    this.#parts = parts
  }

  /** Resolves when the call is stored. Rejects with CommandError when it may not be made. */
  async begin(request: NewCallerIdValidation): Promise<{ callSid: string; code: string }> {
    const { ids, calls } = this.#parts
    const { accountSid, phoneNumber, friendlyName } = request
    const others = [...this.#underWay.values()].filter((one) => one.accountSid === accountSid)
    if (others.some((one) => one.phoneNumber === phoneNumber)) {
      throw tooMany(`A validation of ${phoneNumber} is under way`)
    }
    if (others.length >= ofAccountMax || this.#underWay.size >= ofAllMax) {
      throw tooMany('Too many validations are under way')
    }
    const callSid = makeSid('CA', ids)
    const code = String(ids.uint32() % 10 ** codeDigits).padStart(codeDigits, '0')
    const validation = { accountSid, phoneNumber, friendlyName, code, triesLeft: tries }
    this.#underWay.set(callSid, validation)
    try {
      await this.#checkNew(accountSid, phoneNumber, others.length)
      await calls().create(await this.#callFor(callSid, request))
    } catch (error) {
      this.forget(callSid)
      throw error
    }
    return { callSid, code }
  }

  /** The call is over. */
  forget(callSid: string): void {
    this.#underWay.delete(callSid)
  }

  /** The application of the call: asks for the code until it is right, three times at most. */
  async answer(call: CallRecord, parameters: Parameters): Promise<string> {
    const validation = this.#underWay.get(call.sid)
    if (!validation || isFinal(call.status)) return '<Response><Hangup/></Response>'
    const digits = new Map(parameters).get('Digits')
    if (digits === undefined) return asks(sentences.first)
    if (isSame(digits, validation.code)) {
      await this.#keep(call, validation)
      this.forget(call.sid)
      return says(sentences.right)
    }
    validation.triesLeft--
    if (validation.triesLeft > 0) return asks(sentences.again)
    this.forget(call.sid)
    return says(sentences.wrong)
  }

  async #checkNew(accountSid: string, phoneNumber: string, underWay: number): Promise<void> {
    const { store } = this.#parts
    const [known] = await store.read(findCallerIdByPhone(accountSid, phoneNumber))
    if (known) {
      const message = `${phoneNumber} is verified for this account already`
      throw new CommandError('ERR_VERIFIED_ALREADY', 21450, message)
    }
    const [counted] = await store.read(countCallerIds(accountSid))
    if ((counted?.count ?? 0) + underWay >= callerIdsMax) {
      const message = `This account has ${callerIdsMax} caller IDs already`
      throw new CommandError('ERR_TOO_MANY_CALLER_IDS', 20009, message)
    }
  }

  async #callFor(sid: string, request: NewCallerIdValidation): Promise<NewOutgoingCall> {
    const { accountSid, phoneNumber, delayMs, extension, statusCallback } = request
    const [own] = await this.#parts.store.read(findFirstNumber(accountSid))
    return {
      ...{ sid, accountSid, phoneNumberSid: undefined, to: phoneNumber, delayMs },
      // Never the number itself: a mailbox may let in who seems to be its owner.
      from: own?.phone_number ?? anonymous,
      start: { type: 'builtIn', application: 'callerIdValidation' },
      ...{ timeoutMs: ringMsMax, timeLimitMs: talkMsMax, sendDigits: extension },
      statusCallback: statusCallback && { ...statusCallback, events: ['completed'] },
      verification: { status: 'failed' },
      ...{ fallback: undefined, sipAuth: undefined },
    }
  }

  /** The caller ID and what the status callback will tell of it are one write. */
  async #keep(call: CallRecord, { accountSid, phoneNumber, friendlyName }: Validation) {
    const { store, ids, clock } = this.#parts
    const nowMs = clock.nowMs()
    const row = {
      ...{ sid: makeSid('PN', ids), account_sid: accountSid, phone_number: phoneNumber },
      ...{ friendly_name: friendlyName, created_ms: nowMs, updated_ms: nowMs },
    }
    const before = call.verification
    call.verification = { status: 'success', callerIdSid: row.sid }
    const { settings } = callRow(call)
    await store.write([insertCallerId(row), updateCall(call.sid, { settings })]).catch((error) => {
      call.verification = before
      throw error
    })
  }
}

const sentences = {
  first:
    'Somebody wants to use this telephone number as a caller ID. If that is you, please enter the six digits of your validation code. If not, please hang up.',
  again: 'That is not the right code. Please enter the six digits of your validation code.',
  right: 'Thank you. This number has been verified. Goodbye.',
  wrong: 'That is not the right code. This number has not been verified. Goodbye.',
}

function asks(sentence: string): string {
  return `<Response><Gather numDigits="${codeDigits}" timeout="10" actionOnEmptyResult="true"><Say>${sentence}</Say></Gather></Response>`
}

function says(sentence: string): string {
  return `<Response><Say>${sentence}</Say><Hangup/></Response>`
}

/** In a time that does not tell how much of it is right. */
function isSame(digits: string, code: string): boolean {
  const [given, expected] = [Buffer.from(digits), Buffer.from(code)]
  return given.length === expected.length && timingSafeEqual(given, expected)
}

function tooMany(message: string): CommandError {
  return new CommandError('ERR_TOO_MANY_VALIDATIONS', 20429, message)
}
