// npm start: sets up, runs the router with the demo application, and says what to do next.
import { spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setUp } from './setup.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

async function start() {
  await setUp({ quiet: true })
  const environment = { DIALPLANE_DEMO: 'auto', ...process.env }
  const parameters = ['start', ...process.argv.slice(2)]
  const child = spawn(process.execPath, [join(root, 'dist', 'main.js'), ...parameters], {
    cwd: process.cwd(),
    env: environment,
    stdio: ['inherit', 'inherit', 'inherit'],
  })
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === 'SIGKILL' ? 137 : 1)
  })
}

try {
  await start()
} catch (error) {
  process.stderr.write(`start: ${error.message}\n`)
  process.exitCode = 1
}
