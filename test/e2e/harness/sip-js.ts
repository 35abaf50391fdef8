import { setTimeout as delay } from 'node:timers/promises'
import {
  type Invitation,
  Inviter,
  type Message,
  Messager,
  Registerer,
  RegistererState,
  type Session,
  type SessionDescriptionHandler,
  SessionState,
  UserAgent,
} from 'sip.js'
import { WebSocket } from 'ws'
import { eventually } from './eventually.js'
import { openPageMedia, type PageMedia } from './page-media.js'

// It takes the one of the browser.
Object.assign(globalThis, { WebSocket })

/** Makes the description of one side; a phone may lie about it, as the tests want. */
export type Describe = (port: number) => string

export const plainAudio: Describe = (port) =>
  description(port, 'RTP/AVP', ['a=rtpmap:0 PCMU/8000', 'a=sendrecv'])

/** What a browser offers, shortened. */
export const browserAudio: Describe = (port) =>
  description(port, 'UDP/TLS/RTP/SAVPF', [
    'a=rtpmap:0 PCMU/8000',
    'a=ice-ufrag:F7gI',
    'a=ice-pwd:x9cml/YzichV2+XlhiMu8gKQ',
    `a=fingerprint:sha-256 ${Array(32).fill('0A').join(':')}`,
    'a=setup:actpass',
    'a=mid:0',
    'a=rtcp-mux',
  ])

function description(port: number, profile: string, attributes: readonly string[]): string {
  const lines = ['v=0', 'o=page 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0']
  return [...lines, `m=audio ${port} ${profile} 0`, ...attributes, ''].join('\r\n')
}

/** A phone in a page: SIP.js over WebSocket, with a socket in place of the browser's media. */
export interface PagePhone {
  /** Resolves with the status that ended it: 200, 403 and so on. */
  register(): Promise<number>
  unregister(): Promise<void>
  /** Calls; resolves with the status that settled it. */
  call(uri: string): Promise<{ readonly session: Session; readonly status: number }>
  /** Resolves with the status of the answer to a MESSAGE. */
  write(uri: string, text: string): Promise<number>
  /** The calls that came, oldest first. */
  readonly invitations: readonly Invitation[]
  readonly messages: readonly string[]
  /** The sound of its calls, oldest first. */
  readonly sounds: readonly PageMedia[]
  /** The sound of one call; undefined: it has none yet. */
  soundOf(session: Session): PageMedia | undefined
  /** Presses keys one after another, as INFO requests. */
  press(session: Session, digits: string): Promise<void>
  /** Asks the other side to send nothing, or to go on. */
  hold(session: Session, isHeld: boolean): Promise<void>
  /** Packets of sound that came in all calls. */
  heardPackets(): number
  /** Asks the other side of `session` to call `target`, or to talk to who is in that session. */
  transfer(session: Session, target: string | Session): Promise<number>
  ended(session: Session): Promise<void>
  close(): Promise<void>
}

export interface PagePhoneOptions {
  readonly url: string
  readonly user: string
  readonly password: string
  readonly describe?: Describe
  /** What it says in its calls [Hz]; without, it is silent. */
  readonly toneHz?: number
}

export async function startPagePhone(options: PagePhoneOptions): Promise<PagePhone> {
  const { url, user, password, describe = plainAudio } = options
  const sounds: PageMedia[] = []
  const soundOf = new Map<Session, PageMedia>()
  const held = new Set<Session>()
  const invitations: Invitation[] = []
  const messages: string[] = []
  const agent = new UserAgent({
    uri: uriOf(`sip:${user}@127.0.0.1`),
    authorizationUsername: user,
    authorizationPassword: password,
    transportOptions: { server: url, keepAliveInterval: 0 },
    sessionDescriptionHandlerFactory: (session) =>
      describing(
        (port) => {
          const sdp = describe(port)
          return held.has(session) ? sdp.replace('a=sendrecv', 'a=sendonly') : sdp
        },
        (sound) => {
          sounds.push(sound)
          soundOf.set(session, sound)
        },
        options.toneHz,
      ),
    logBuiltinEnabled: false,
    logLevel: 'error',
    delegate: {
      onInvite: (invitation) => void invitations.push(invitation),
      onMessage: (message: Message) => {
        messages.push(message.request.body)
        return message.accept()
      },
    },
  })
  await agent.start()
  const registerer = new Registerer(agent, { expires: 600 })
  return {
    invitations,
    messages,
    sounds,
    soundOf: (session) => soundOf.get(session),
    async press(session, digits) {
      for (const digit of digits) {
        const body = {
          contentDisposition: 'render',
          contentType: 'application/dtmf-relay',
          content: `Signal=${digit}\r\nDuration=120`,
        }
        await session.info({ requestOptions: { body } })
        await delay(150)
      }
    },
    async hold(session, isHeld) {
      if (isHeld) held.add(session)
      else held.delete(session)
      await statusOf((done) => session.invite({ requestDelegate: delegateOf(done) }))
    },
    heardPackets: () => sounds.reduce((sum, sound) => sum + sound.heardPackets(), 0),
    transfer: (session, target) =>
      statusOf((done) =>
        session.refer(typeof target === 'string' ? uriOf(target) : target, {
          requestDelegate: delegateOf(done),
        }),
      ),
    register: () => statusOf((done) => registerer.register({ requestDelegate: delegateOf(done) })),
    async unregister() {
      await registerer.unregister()
      await eventually(
        'the end of the registration',
        () => registerer.state === RegistererState.Unregistered || undefined,
      )
    },
    async call(uri) {
      const session = new Inviter(agent, uriOf(uri))
      const status = await statusOf((done) => session.invite({ requestDelegate: delegateOf(done) }))
      return { session, status }
    },
    write: (uri, text) =>
      statusOf((done) =>
        new Messager(agent, uriOf(uri), text).message({ requestDelegate: delegateOf(done) }),
      ),
    async ended(session) {
      await eventually(
        'the end of the call',
        () => session.state === SessionState.Terminated || undefined,
      )
    },
    async close() {
      await agent.stop()
      for (const sound of sounds) sound.close()
    },
  }
}

interface Answered {
  readonly message: { readonly statusCode?: number | undefined }
}

function delegateOf(done: (status: number) => void) {
  const settle = ({ message }: Answered) => done(message.statusCode ?? 0)
  return { onAccept: settle, onReject: settle }
}

/** The status of the final answer that `send` is told. */
function statusOf(send: (done: (status: number) => void) => Promise<unknown>): Promise<number> {
  return new Promise((resolve, reject) => {
    send(resolve).catch(reject)
  })
}

function uriOf(text: string) {
  const uri = UserAgent.makeURI(text)
  if (uri === undefined) throw new Error(`${text} is no URI`)
  return uri
}

/** The part of a browser's media, for one call. */
function describing(
  describe: Describe,
  opened: (sound: PageMedia) => void,
  toneHz: number | undefined,
): SessionDescriptionHandler {
  const contentType = 'application/sdp'
  const opening = openPageMedia(toneHz).then((sound) => {
    opened(sound)
    return sound
  })
  return {
    // A promise here would be nobody's to wait for.
    close: () => void opening.then((sound) => sound.stop()),
    getDescription: async () => ({ body: describe((await opening).port), contentType }),
    hasDescription: (type) => type === contentType,
    setDescription: async (sdp) => (await opening).remote(sdp),
    sendDtmf: () => false,
  }
}
