import { existsSync } from 'node:fs'
import { Command, InvalidArgumentError } from 'commander'
import { version } from './router/version.js'

/** The command line: `dialplane start` and `dialplane call`. */
const program = new Command('dialplane')
  .description('A programmable phone and message router')
  .version(version)
  .showHelpAfterError()
  // Before the commands, which inherit it: wrong usage must exit 2, not 1.
  .exitOverride()

program
  .command('start')
  .description('run the router; settings come from DIALPLANE_… variables or --config')
  .option('-c, --config <file>', 'YAML file with settings', existingFile)
  .action(async (options: { config?: string }) => {
    const { start } = await import('./router/start.js')
    process.exitCode = await start(options.config)
  })

program
  .command('call')
  .description('call a SIP URI as a test caller; exits 0 answered, 1 refused, 2 usage')
  .argument('<sip-uri>', 'for example sip:+15550100001@127.0.0.1:5060')
  .option(
    '-d, --digits <digits>',
    'keys to press after the answer: 0-9 A-D # *, w waits 0.5 s, W 1 s',
    digits,
  )
  .option('--digits-after <seconds>', 'when to begin pressing keys', seconds, 2)
  .option('-p, --play <file>', 'sound file to speak into the call', existingFile)
  .option('-r, --record <file>', 'write what is heard into this WAV file')
  .option('-t, --max-seconds <seconds>', 'hang up after this long', seconds, 60)
  .option('--from <sip-uri>', 'who calls', 'sip:tester@127.0.0.1')
  .option('--user <name:password>', 'answer a digest challenge with this')
  .option('--ring-seconds <seconds>', 'give up when nobody answers', seconds, 60)
  .action(async (uri: string, options) => {
    const { callOut } = await import('./router/test-caller.js')
    process.exitCode = await callOut(uri, options)
  })

try {
  await program.parseAsync()
} catch (error) {
  const { exitCode, code } = error as { exitCode?: number; code?: string }
  if (!code?.startsWith('commander.')) throw error
  process.exitCode = exitCode === 0 ? 0 : 2
}

function existingFile(path: string): string {
  if (!existsSync(path)) throw new InvalidArgumentError('there is no such file.')
  return path
}

function digits(text: string): string {
  if (!/^[0-9A-Da-d#*wW]{1,64}$/.test(text)) {
    throw new InvalidArgumentError('only 0-9 A-D # * w W, at most 64.')
  }
  return text
}

function seconds(text: string): number {
  const value = Number(text)
  if (!(value >= 0 && value <= 86_400)) throw new InvalidArgumentError('a number of seconds.')
  return value
}
