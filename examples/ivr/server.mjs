// A small phone menu, written with the official SDK and nothing else.
// Run it with AUTH_TOKEN set to the account's token: node examples/ivr/server.mjs
import { createServer } from 'node:http'
import twilio from 'twilio'

const authToken = process.env.AUTH_TOKEN ?? ''
const host = '127.0.0.1'

const pages = {
  '/voice'(response) {
    const gather = response.gather({ numDigits: 1, timeout: 5, action: '/menu' })
    gather.say(
      'Welcome to Dialplane. Press 1 to hear the time. Press 2 to leave a message. Press 3 to hear some music.',
    )
    response.say('You pressed nothing. Goodbye.')
  },
  '/menu'(response, { Digits }) {
    if (Digits === '1') {
      const time = new Date().toLocaleTimeString('en-US', { hour: 'numeric', minute: '2-digit' })
      response.say(`It is ${time}.`)
    } else if (Digits === '2') {
      response.say('Please speak after the tone, and press any key when you are done.')
      response.record({ action: '/recorded', maxLength: 60, timeout: 4 })
      return
    } else if (Digits === '3') {
      response.play('/music.wav')
    } else {
      response.say('That is not on the menu.')
    }
    response.redirect('/voice')
  },
  '/recorded'(response, { RecordingUrl, RecordingDuration }) {
    response.say(`Thank you. Your message of ${RecordingDuration} seconds was:`)
    response.play(RecordingUrl)
    response.say('Goodbye.')
  },
}

const server = createServer(async (request, reply) => {
  const url = new URL(request.url ?? '/', `http://${request.headers.host}`)
  if (url.pathname === '/music.wav') {
    reply.writeHead(200, { 'Content-Type': 'audio/wav', 'Cache-Control': 'max-age=3600' })
    reply.end(music())
    return
  }
  const page = pages[url.pathname]
  const parameters = Object.fromEntries(new URLSearchParams(await read(request)))
  const signature = request.headers['x-twilio-signature'] ?? ''
  if (!page || !twilio.validateRequest(authToken, signature, url.href, parameters)) {
    reply.writeHead(page ? 403 : 404).end()
    return
  }
  console.log(`${url.pathname} Digits=${parameters.Digits ?? ''} CallSid=${parameters.CallSid}`)
  const response = new twilio.twiml.VoiceResponse()
  page(response, parameters)
  reply.writeHead(200, { 'Content-Type': 'text/xml' }).end(response.toString())
})

async function read(request) {
  let body = ''
  for await (const chunk of request) {
    body += chunk
    if (body.length > 100_000) throw new Error('too large')
  }
  return body
}

/** Four seconds of a tune, made here so that the example needs no sound file. */
function music() {
  const notes = [523, 659, 784, 1047, 784, 659, 523, 392]
  const rate = 8000
  const samples = new Int16Array(rate * 4)
  for (let index = 0; index < samples.length; index++) {
    const note = notes[Math.floor((index / samples.length) * notes.length)]
    const within = (index % (rate / 2)) / (rate / 2)
    samples[index] = 8000 * Math.sin((2 * Math.PI * note * index) / rate) * (1 - within)
  }
  const header = Buffer.alloc(44)
  header.write('RIFF', 0)
  header.writeUInt32LE(36 + samples.byteLength, 4)
  header.write('WAVEfmt ', 8)
  header.writeUInt32LE(16, 16)
  header.writeUInt16LE(1, 20)
  header.writeUInt16LE(1, 22)
  header.writeUInt32LE(rate, 24)
  header.writeUInt32LE(rate * 2, 28)
  header.writeUInt16LE(2, 32)
  header.writeUInt16LE(16, 34)
  header.write('data', 36)
  header.writeUInt32LE(samples.byteLength, 40)
  return Buffer.concat([header, Buffer.from(samples.buffer)])
}

server.listen(Number(process.env.PORT ?? 0), host, () => {
  const address = server.address()
  const message = { type: 'listening', url: `http://${host}:${address.port}` }
  console.log(`The phone menu listens at ${message.url}/voice`)
  process.send?.(message)
})
process.on('SIGTERM', () => server.close(() => process.exit(0)))
process.on('disconnect', () => process.exit(0))
