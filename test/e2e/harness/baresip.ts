import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { eventually } from './eventually.js'
import { startPeer } from './processes.js'

/** baresip, steered by its ctrl_tcp module. It repeats what it hears and writes it to a file. */
export interface Baresip {
  dial(uri: string): void
  press(digit: string): void
  hold(): void
  resume(): void
  /** Asks the other side to call this URI instead (REFER). */
  transfer(uri: string): void
  /** Answers the call that rings. */
  accept(): void
  /** Resolves when it has registered; that may be before events are listened for. */
  registered(): Promise<void>
  /** Ends its registration, and itself. */
  quit(): void
  hangUp(): void
  /** Resolves when an event of this type has come: CALL_ESTABLISHED, CALL_CLOSED and so on. */
  event(type: string): Promise<void>
  output(): string
  /** The WAV file of what was heard in the only call. */
  heardFile(): string
  kill(): Promise<void>
}

export interface BaresipOptions {
  /** As in its account: PCMU/8000/1,opus/48000/2 ... */
  readonly codecs?: string
  /** Further parameters of the account, like `ptime=40`. */
  readonly account?: string
  /** A WAV file that it says; without, it repeats what it hears. */
  readonly says?: string
  /** Where it listens; else anywhere. */
  readonly sipPort?: number
  /** user:password@host:port, where it registers, with parameters like `;transport=tcp`; else nowhere. */
  readonly registers?: string
  /** Further lines of its configuration, like `opus_dtx yes`. */
  readonly settings?: readonly string[]
}

/** `directory` becomes its configuration, and gets its recordings. */
export async function startBaresip(
  directory: string,
  options: BaresipOptions = {},
): Promise<Baresip> {
  const codecs = options.codecs ?? 'PCMU/8000/1,PCMA/8000/1'
  const [, user = 'baresip', password = '', registrar = '127.0.0.1'] =
    /^(.+?):(.+)@(.+)$/.exec(options.registers ?? '') ?? []
  const parameters = [
    options.registers === undefined ? 'regint=0' : `regint=600;auth_pass=${password}`,
    `audio_codecs=${codecs}`,
    options.account ?? [],
  ]
    .flat()
    .join(';')
  const port = await freeTcpPort()
  mkdirSync(directory)
  writeFileSync(join(directory, 'config'), configuration(directory, port, options))
  writeFileSync(join(directory, 'accounts'), `<sip:${user}@${registrar}>;${parameters}\n`)
  writeFileSync(join(directory, 'contacts'), '')
  const peer = startPeer('baresip', ['-f', directory], { cwd: directory, secondsMax: 60 })
  const control = await connected(port)
  let events = ''
  control.on('data', (chunk) => {
    events += chunk
  })
  const send = (command: string, params = '') => {
    const text = JSON.stringify({ command, params })
    control.write(`${Buffer.byteLength(text)}:${text},`)
  }
  return {
    dial: (uri) => send('dial', uri),
    press: (digit) => send('sndcode', digit),
    hold: () => send('hold'),
    resume: () => send('resume'),
    transfer: (uri) => send('transfer', uri),
    accept: () => send('accept'),
    quit: () => send('quit'),
    hangUp: () => send('hangup'),
    event: async (type) => {
      await eventually(type, () => events.includes(`"type":"${type}"`) || undefined)
    },
    async registered() {
      const isDone = () => / 200 OK .*\[\d+ binding/.test(peer.output()) || undefined
      await eventually('the registration', isDone).catch((error) => {
        throw new Error(`${error.message}:\n${peer.output()}`)
      })
    },
    output: () => peer.output(),
    heardFile: () => {
      const file = readdirSync(directory).find((name) => name.endsWith('-dec.wav'))
      if (file === undefined) throw new Error(`nothing was heard:\n${peer.output()}`)
      return join(directory, file)
    },
    async kill() {
      control.destroy()
      await peer.kill()
    },
  }
}

function configuration(
  directory: string,
  controlPort: number,
  { says, sipPort = 0, settings = [] }: BaresipOptions,
): string {
  return `${[
    `sip_listen 127.0.0.1:${sipPort}`,
    'net_interface 127.0.0.1',
    'audio_player aubridge,loop',
    says === undefined ? 'audio_source aubridge,loop' : `audio_source aufile,${says}`,
    'audio_alert aubridge,alert',
    'jitter_buffer_delay 5-10',
    'module_path /usr/lib/baresip/modules',
    ...['g711', 'g722', 'l16', 'opus', 'srtp', 'aubridge', 'aufile'].map(
      (name) => `module ${name}.so`,
    ),
    'module sndfile.so',
    `snd_path ${directory}`,
    'module_tmp account.so',
    'module_app menu.so',
    'module_app ctrl_tcp.so',
    `ctrl_tcp_listen 127.0.0.1:${controlPort}`,
    ...settings,
  ].join('\n')}\n`
}

function connected(port: number): Promise<Socket> {
  return eventually('baresip to listen', () => {
    return new Promise<Socket | undefined>((resolve) => {
      const socket = createConnection(port, '127.0.0.1', () => resolve(socket))
      socket.on('error', () => resolve(undefined))
    })
  })
}

function freeTcpPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}
