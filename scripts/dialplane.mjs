#!/usr/bin/env node
// The `dialplane` command: builds what is missing, then hands over to the compiled program.
import { setUp } from './setup.mjs'

try {
  await setUp({ quiet: true })
  await import('../dist/main.js')
} catch (error) {
  process.stderr.write(`dialplane: ${error.message}\n`)
  process.exitCode = 1
}
