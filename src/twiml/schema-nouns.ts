import {
  type Attributes,
  callback,
  digits,
  type ElementSchema,
  element,
  flag,
  integer,
  later,
  maybeOneOf,
  oneOf,
  post,
  seconds,
  text,
  url,
} from './schema.js'

const callEvents = 'initiated ringing answered completed'
export const recordingEvents = 'in-progress completed absent'
export const trim = oneOf('trim-silence do-not-trim')

const machineDetection: Attributes = {
  machineDetection: maybeOneOf('Enable DetectMessageEnd'),
  machineDetectionTimeout: integer(30, 3, 60),
  machineDetectionSpeechThreshold: integer(2_400, 1_000, 6_000),
  machineDetectionSpeechEndThreshold: integer(1_200, 500, 5_000),
  machineDetectionSilenceTimeout: integer(5_000, 2_000, 10_000),
  amdStatusCallback: url,
  amdStatusCallbackMethod: post,
}

const called: Attributes = { url, method: post, ...callback('statusCallback', callEvents) }

const conference: Attributes = {
  muted: flag(false),
  beep: oneOf('true false onEnter onExit'),
  startConferenceOnEnter: flag(true),
  endConferenceOnExit: flag(false),
  waitUrl: url,
  waitMethod: post,
  maxParticipants: integer(250, 2, 1_000),
  record: oneOf('do-not-record record-from-start'),
  region: maybeOneOf('us1 us2 ie1 sg1 br1 au1 jp1 de1'),
  coach: text,
  trim,
  ...callback('statusCallback', 'start end join leave mute hold modify speaker announcement', ''),
  ...callback('recordingStatusCallback', recordingEvents),
  eventCallbackUrl: url,
  jitterBufferSize: oneOf('large medium small off'),
  participantLabel: text,
  recordingConfigurationId: text,
}

/** What is in Dial. Sip in Refer is `Refer/Sip`. */
export const dialNouns: Readonly<Record<string, ElementSchema>> = {
  Number: element(
    { sendDigits: digits, ...called, byoc: text, ...machineDetection },
    { without: ['byoc'] },
  ),
  Sip: element(
    { sendDigits: digits, username: text, password: text, ...called, ...machineDetection },
    { children: ['Headers', 'Uri'] },
  ),
  Client: element(
    { ...called, clientNotificationUrl: url },
    { children: ['Identity', 'Parameter'], without: ['clientNotificationUrl'] },
  ),
  Application: element(
    { ...called, customerId: text, copyParentTo: flag(false) },
    {
      children: ['ApplicationSid', 'Parameter'],
      without: ['url', 'method', 'customerId', 'copyParentTo'],
    },
  ),
  Conference: element(conference, {
    without: ['region', 'eventCallbackUrl', 'recordingConfigurationId'],
  }),
  Queue: element(
    { url, method: post, reservationSid: text, postWorkActivitySid: text },
    { without: ['reservationSid', 'postWorkActivitySid'] },
  ),
  Sim: later({}),
  WhatsApp: later(called),
  'Refer/Sip': element({}),
  Uri: element({
    username: text,
    password: text,
    priority: integer(0, 0, 65_535),
    weight: integer(1, 0, 65_535),
  }),
  Headers: element({}, { children: ['Header'] }),
  Header: element({ name: text, value: text }),
  Identity: element({}),
  ApplicationSid: element({}),
  Parameter: element({ name: text, value: text }),
  Task: later({ priority: integer(0, 0, 2_147_483_647), timeout: seconds(86_400, 1, 1_209_600) }),
}

const agent: Attributes = {
  welcomeGreeting: text,
  welcomeGreetingInterruptible: text,
  language: text,
  ttsLanguage: text,
  ttsProvider: text,
  transcriptionLanguage: text,
  transcriptionProvider: text,
  voice: text,
  speechModel: text,
  interruptible: text,
  interruptSensitivity: text,
  dtmfDetection: flag(),
  profanityFilter: flag(),
  preemptible: flag(),
  partialPrompts: flag(),
  hints: text,
  intelligenceService: text,
  elevenlabsTextNormalization: text,
  debug: text,
}
const stream: Attributes = {
  name: text,
  connectorName: text,
  track: oneOf('inbound_track outbound_track both_tracks'),
  statusCallback: url,
  statusCallbackMethod: post,
}

/** What is in Connect, Start and Stop. */
export const streamNouns: Readonly<Record<string, ElementSchema>> = {
  Stream: later({ ...stream, url }, ['Parameter']),
  Siprec: later(stream, ['Parameter']),
  Recording: element(
    {
      channels: oneOf('mono dual'),
      track: maybeOneOf('inbound outbound both'),
      trim,
      ...callback('recordingStatusCallback', recordingEvents),
      recordingConfigurationId: text,
    },
    { without: ['recordingConfigurationId'] },
  ),
  Transcription: later(
    {
      name: text,
      track: oneOf('inbound_track outbound_track both_tracks'),
      statusCallbackUrl: url,
      statusCallbackMethod: post,
      languageCode: text,
      inboundTrackLabel: text,
      outboundTrackLabel: text,
      partialResults: flag(false),
      transcriptionEngine: text,
      speechModel: text,
      profanityFilter: flag(),
      hints: text,
      enableAutomaticPunctuation: flag(),
      intelligenceService: text,
    },
    ['Config', 'Parameter'],
  ),
  Config: later({ name: text, value: text }),
  Room: later({ participantIdentity: text }),
  Autopilot: later({}),
  VirtualAgent: later(
    {
      connectorName: text,
      language: text,
      sentimentAnalysis: flag(),
      statusCallback: url,
      statusCallbackMethod: post,
    },
    ['Config', 'Parameter'],
  ),
  Conversation: later({
    serviceInstanceSid: text,
    inboundAutocreation: flag(),
    routingAssignmentTimeout: seconds(undefined, 0, 86_400),
    inboundTimeout: seconds(undefined, 0, 86_400),
    url,
    method: post,
    record: oneOf(
      'do-not-record record-from-answer record-from-ringing record-from-answer-dual record-from-ringing-dual true false',
    ),
    trim,
    ...callback('recordingStatusCallback', recordingEvents),
    ...callback(
      'statusCallback',
      'call-initiated call-ringing call-answered call-completed',
      'call-completed',
    ),
  }),
  ConversationRelay: later(
    {
      ...agent,
      url,
      reportInputDuringAgentSpeech: flag(),
      backgroundnoisereduction: text,
      deepgramsmartformat: text,
      ignorebackchannel: text,
      speechtimeout: text,
      events: text,
    },
    ['Language', 'Parameter'],
  ),
  ConversationRelaySession: later({ connector: text, sessionConfiguration: text }),
  Assistant: later({ ...agent, id: text, reportInputDuringAgentSpeech: flag() }, [
    'Language',
    'Parameter',
  ]),
  AiSession: later({ aiConnector: text, aiSessionConfiguration: text }),
  Language: later({
    code: text,
    ttsProvider: text,
    voice: text,
    transcriptionProvider: text,
    speechModel: text,
  }),
}

/** Inside of Say (SSML 1.1). */
const spoken = ['break', 'emphasis', 'lang', 'p', 'phoneme', 'prosody', 's', 'say-as', 'sub', 'w']
const without = (...names: string[]) => spoken.filter((name) => !names.includes(name))

function speech(attributes: Attributes, children: readonly string[] = []): ElementSchema {
  return element(attributes, { children, without: ['role'] })
}

export const spokenElements: Readonly<Record<string, ElementSchema>> = {
  break: speech({ strength: maybeOneOf('none x-weak weak medium strong x-strong'), time: text }),
  emphasis: speech({ level: maybeOneOf('strong moderate reduced') }, without('p', 's')),
  lang: speech({ 'xml:lang': text }, spoken),
  p: speech({}, without('p')),
  phoneme: speech({
    alphabet: maybeOneOf(
      'ipa x-sampa x-amazon-jyutping x-amazon-pinyin x-amazon-pron-kana x-amazon-yomigana',
    ),
    ph: text,
  }),
  prosody: speech({ volume: text, rate: text, pitch: text }, spoken),
  s: speech({}, without('p', 's')),
  'say-as': speech({
    'interpret-as': maybeOneOf(
      'characters spell-out cardinal number ordinal digits fraction unit date time address expletive telephone',
    ),
    format: maybeOneOf('mdy dmy ymd md dm ym my d m y yyyymmdd'),
  }),
  sub: speech({ alias: text }),
  w: speech({ role: text }, ['break', 'emphasis', 'phoneme', 'prosody', 'say-as', 'sub']),
}
