import {
  callback,
  type ElementSchema,
  element,
  flag,
  integer,
  keys,
  later,
  maybeOneOf,
  names,
  oneOf,
  post,
  seconds,
  text,
  url,
  words,
} from './schema.js'
import { dialNouns, recordingEvents, spokenElements, streamNouns, trim } from './schema-nouns.js'

const ringTones =
  'at au bg br be ch cl cn cz de dk ee es fi fr gr hu il in it lt jp mx my nl no nz ph pl pt ru se sg th uk us us-old tw ve za'
const cards = 'visa mastercard amex maestro discover optima jcb diners-club enroute'
const prompts = ['Pause', 'Play', 'Say']
/** What actions are told. */
const recordingResult = 'RecordingUrl RecordingSid RecordingDuration'
const dialResult =
  'DialCallStatus DialCallSid DialCallDuration DialBridged DialSipResponseCode DialSipCallId'

const message = { to: text, from: text, action: url, method: post, statusCallback: url }

/** What is in Message. */
const messageNouns: Readonly<Record<string, ElementSchema>> = {
  Body: element({}),
  Media: element({}),
}

/** The verbs of calls, and Message of texts. */
export const verbs: Readonly<Record<string, ElementSchema>> = {
  Say: element(
    { voice: text, language: text, loop: integer(1, 0, 1_000) },
    { children: Object.keys(spokenElements) },
  ),
  Play: element({ loop: integer(1, 0, 1_000), digits: { type: 'digits' } }),
  Pause: element({ length: seconds(1, 0, 86_400) }),
  Gather: element(
    {
      input: words('dtmf speech', 'dtmf'),
      action: url,
      method: post,
      timeout: seconds(5, 0, 3_600),
      finishOnKey: keys('#', 1),
      numDigits: integer(undefined, 1, 1_000),
      actionOnEmptyResult: flag(false),
      speechTimeout: text,
      maxSpeechTime: seconds(60, 1, 600),
      partialResultCallback: url,
      partialResultCallbackMethod: post,
      language: text,
      hints: text,
      profanityFilter: flag(true),
      bargeIn: flag(true),
      speechModel: text,
      enhanced: flag(false),
      debug: flag(false),
      paramNames: names('Digits FinishedOnKey'),
    },
    {
      children: prompts,
      without: [
        ...['speechTimeout', 'maxSpeechTime', 'partialResultCallback', 'language', 'hints'],
        ...['partialResultCallbackMethod', 'profanityFilter', 'bargeIn', 'speechModel'],
        ...['enhanced', 'debug'],
      ],
    },
  ),
  Record: element(
    {
      action: url,
      method: post,
      timeout: seconds(5, 0, 3_600),
      finishOnKey: keys('1234567890*#', 12),
      // An hour; two minutes with transcribe.
      maxLength: seconds(undefined, 1, 14_400),
      playBeep: flag(true),
      trim,
      ...callback('recordingStatusCallback', recordingEvents),
      transcribe: flag(false),
      transcribeCallback: url,
      recordingConfigurationId: text,
      paramNames: names(`${recordingResult} Digits`),
    },
    { without: ['recordingConfigurationId'] },
  ),
  Dial: element(
    {
      action: url,
      method: post,
      timeout: seconds(30, 5, 600),
      timeLimit: seconds(14_400, 1, 86_400),
      callerId: text,
      hangupOnStar: flag(false),
      answerOnBridge: flag(false),
      referUrl: url,
      referMethod: post,
      record: oneOf(
        'do-not-record record-from-answer record-from-ringing record-from-answer-dual record-from-ringing-dual true false',
      ),
      trim: oneOf('do-not-trim trim-silence'),
      ...callback('recordingStatusCallback', recordingEvents),
      recordingTrack: oneOf('both inbound outbound'),
      recordingConfigurationId: text,
      ringTone: maybeOneOf(ringTones),
      sequential: flag(false),
      callReason: text,
      events: maybeOneOf('call-progress-event'),
      paramNames: names(`${dialResult} ${recordingResult} QueueSid QueueTime ReferTransferTarget`),
    },
    {
      children: [
        'Application',
        'Client',
        'Conference',
        'Number',
        'Queue',
        'Sim',
        'Sip',
        'WhatsApp',
      ],
      without: [...['recordingConfigurationId', 'callReason', 'events']],
    },
  ),
  Refer: element({ action: url, method: post }, { children: ['Sip'] }),
  Redirect: element({ method: post }),
  Reject: element({ reason: oneOf('rejected busy') }, { children: ['Parameter'] }),
  Hangup: element({}, { children: ['Parameter'] }),
  Connect: later({ action: url, method: post }, [
    ...['AiSession', 'Assistant', 'Autopilot', 'Conversation', 'ConversationRelay'],
    ...['ConversationRelaySession', 'Room', 'Stream', 'VirtualAgent'],
  ]),
  Echo: element({}),
  Enqueue: element(
    {
      action: url,
      method: post,
      maxQueueSize: integer(undefined, 1, 5_000),
      waitUrl: url,
      waitUrlMethod: post,
      workflowSid: text,
      paramNames: names('QueueResult QueueSid QueueTime'),
    },
    { children: ['Task'], without: ['workflowSid'] },
  ),
  Leave: element({}),
  Pay: later(
    {
      input: oneOf('dtmf'),
      action: url,
      bankAccountType: oneOf(
        'consumer-checking consumer-savings commercial-checking commercial-savings',
      ),
      statusCallback: url,
      statusCallbackMethod: post,
      timeout: seconds(5, 1, 600),
      maxAttempts: integer(1, 1, 10),
      securityCode: flag(true),
      postalCode: text,
      minPostalCodeLength: integer(undefined, 0, 20),
      paymentConnector: text,
      paymentMethod: oneOf('credit-card ach-debit'),
      tokenType: oneOf('reusable one-time payment-method'),
      chargeAmount: text,
      currency: text,
      description: text,
      validCardTypes: words(cards),
      language: text,
    },
    ['Parameter', 'Prompt'],
  ),
  Prompt: later(
    {
      for: maybeOneOf(
        'payment-card-number expiration-date security-code postal-code payment-processing bank-account-number bank-routing-number',
      ),
      errorType: words(
        'timeout invalid-card-number invalid-card-type invalid-date invalid-security-code internal-error input-matching-failed',
      ),
      cardType: words(cards),
      attempt: words('1 2 3 4 5 6 7 8 9 10'),
      requireMatchingInputs: flag(false),
    },
    prompts,
  ),
  Sms: element(message),
  Message: element(message, { children: ['Body', 'Media'] }),
  Start: element(
    { action: url, method: post },
    {
      children: ['Recording', 'Siprec', 'Stream', 'Transcription'],
      without: ['action', 'method'],
    },
  ),
  Stop: later({}, ['Siprec', 'Stream', 'Transcription']),
}

/** Every element of the language. */
export const elements: Readonly<Record<string, ElementSchema>> = {
  ...verbs,
  ...messageNouns,
  ...dialNouns,
  ...streamNouns,
  ...spokenElements,
}

/** The schema of an element, which may depend on what it is in. */
export function schemaOf(name: string, parent?: string): ElementSchema | undefined {
  const inParent = `${parent}/${name}`
  const key = Object.hasOwn(elements, inParent) ? inParent : name
  return Object.hasOwn(elements, key) ? elements[key] : undefined
}
