import { existsSync, writeFileSync } from 'node:fs'
import { pino } from 'pino'
import { type Router, startRouter } from '../router.js'
import { ConfigError, readConfig } from './config.js'
import { DirectoryInUseError } from './data-directory.js'
import { type Demo, startDemo } from './demo.js'
import { createLogStream } from './log-stream.js'

/** Runs the router until SIGINT or SIGTERM; returns the exit code. */
export async function start(configFile: string | undefined): Promise<number> {
  try {
    const config = readConfig(process.env, configFile)
    const log = pino(
      {
        level: config.logLevel,
        redact: ['authToken', 'password', '*.authToken', '*.password'],
      },
      createLogStream(),
    )
    // A promise that nobody waits for is a bug of ours, and no reason to drop every call.
    process.on('unhandledRejection', (error) => log.error({ err: error }, 'internal error'))
    const stopped = untilSignal()
    const router = await startRouter(config, log)
    announce(router, log)
    const demo =
      config.demo === 'off' ? undefined : await startDemo(router.store, router.account, log)
    if (config.demo !== 'off') printNextSteps(router, demo)
    await stopped
    await router.close((message) => log.info(message))
    // Live calls of the demo have asked it until now.
    await demo?.close()
    return 0
  } catch (error) {
    const known = error instanceof ConfigError || error instanceof DirectoryInUseError
    const isBusy = (error as { code?: string }).code === 'EADDRINUSE'
    if (!known && !isBusy) throw error
    process.stderr.write(`dialplane: ${(error as Error).message}\n`)
    return 1
  }
}

/** The credentials go to a file (0600), and to the screen only when a person looks at it. */
function announce(router: Router, log: { info(facts: object, message: string): void }): void {
  const { sid, authToken, isNew } = router.account
  if (isNew || !existsSync(router.credentialsPath)) {
    const text = `DIALPLANE_ACCOUNT_SID=${sid}\nDIALPLANE_AUTH_TOKEN=${authToken}\n`
    writeFileSync(router.credentialsPath, text, { mode: 0o600 })
  }
  if (isNew && process.stdout.isTTY) {
    process.stderr.write(`First account: ${sid}\nAuth token:    ${authToken}\n`)
  }
  const { httpPort, httpsPort, sipPort, sipsPort, baseUrl } = router
  const { mediaCore, storeEngine, speech, credentialsPath } = router
  const facts = {
    httpPort,
    httpsPort,
    sipPort,
    sipsPort,
    baseUrl,
    mediaCore,
    storeEngine,
    speech,
    accountSid: sid,
    credentialsPath,
  }
  log.info(facts, 'ready')
  process.send?.({ type: 'ready', ...facts })
}

/** One Ctrl-C may come twice: from the terminal, and passed on by what started us. */
const sameSignalMs = 1_000

/** The first signal resolves; one that comes later than its repetition ends the process at once. */
function untilSignal(): Promise<void> {
  const signals = ['SIGINT', 'SIGTERM'] as const
  return new Promise((resolve) => {
    let isFirst = true
    const onSignal = () => {
      resolve()
      if (!isFirst) return
      isFirst = false
      setTimeout(() => {
        for (const signal of signals) process.off(signal, onSignal)
      }, sameSignalMs).unref()
    }
    for (const signal of signals) process.on(signal, onSignal)
  })
}

/** What a person does after npm start. */
function printNextSteps(router: Router, demo: Demo | undefined): void {
  const { baseUrl, sipPort, credentialsPath, account } = router
  const target = `127.0.0.1${sipPort === 5060 ? '' : `:${sipPort}`}`
  const lines = [
    '',
    'Dialplane is ready.',
    ...(demo
      ? [
          `  Call the demo:  npx dialplane call sip:${demo.number}@${target} --digits 1 --record out.wav`,
          `                  or any SIP phone: sip:${demo.number}@${target}`,
        ]
      : ['  The store has numbers of its own, so the demo was not started.']),
    `  REST API:       ${baseUrl}/2010-04-01/Accounts/${account.sid}.json`,
    `  Credentials:    ${credentialsPath}`,
    '  Stop:           Ctrl-C (live calls may end first)',
    '',
  ]
  process.stderr.write(`${lines.join('\n')}\n`)
}
