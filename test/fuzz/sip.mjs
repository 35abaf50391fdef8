// Sessions with the SIP engine, its parser, descriptions and framing, until so many messages:
//   node test/fuzz/sip.mjs --seed N [--messages N] [--seconds N]     `#messages` now and then
//   node test/fuzz/sip.mjs --session N                               one of them again
// Needs a build (npm run build).
import { parseArgs } from 'node:util'
import { Session } from './sip-session.mjs'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    messages: { type: 'string', default: 'Infinity' },
    seconds: { type: 'string', default: 'Infinity' },
    session: { type: 'string' },
  },
})
const turns = 50
const reportEvery = 200

/** How many messages it took; ends the process when something is wrong. */
function play(seed) {
  const session = new Session(seed)
  try {
    session.run(turns)
  } catch (error) {
    console.log(`ERROR: ${error.stack}`)
    console.log(`again: node test/fuzz/sip.mjs --session ${seed}`)
    process.exit(1)
  }
  return session.messages
}

if (values.session === undefined) {
  const endMs = performance.now() + 1000 * Number(values.seconds)
  const messagesMax = Number(values.messages)
  let messages = 0
  for (let index = 0; messages < messagesMax && performance.now() < endMs; index++) {
    messages += play((Number(values.seed) * 1_000_003 + index) >>> 0)
    if (index % reportEvery === 0) console.log(`#${messages}`)
  }
  console.log(`#${messages}`)
} else play(Number(values.session))
