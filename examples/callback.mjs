// Callers press 1 and hang up; they are called back as soon as they have done so, and connected with PHONE.
import express from 'express'
import twilio from 'twilio'

const { PHONE = 'alice', DIALPLANE_URL = 'http://127.0.0.1:8080' } = process.env
const client = twilio(process.env.TWILIO_ACCOUNT_SID, process.env.TWILIO_AUTH_TOKEN)
client.api.baseUrl = DIALPLANE_URL
const wanted = new Map()
const app = express().use(express.urlencoded({ extended: false }), twilio.webhook())
const here = (request, path) => `http://${request.headers.host}${path}`
const send = (response, twiml) => response.type('text/xml').send(twiml.toString())

app.post('/voice', (_request, response) => {
  const twiml = new twilio.twiml.VoiceResponse()
  twiml.gather({ numDigits: 1, action: '/wanted' }).say('Press 1, and we call you back.')
  send(response, twiml)
})

app.post('/wanted', ({ body }, response) => {
  wanted.set(body.CallSid, body)
  const twiml = new twilio.twiml.VoiceResponse()
  twiml.say('You can hang up now.')
  send(response, twiml)
})

// The status callback of the number: the caller's line is free.
app.post('/status', async (request, response) => {
  const call = wanted.get(request.body.CallSid)
  wanted.delete(request.body.CallSid)
  if (call) {
    const to = call.From.replace(/^sip:([^@]+)@.*$/, 'client:$1')
    await client.calls.create({ to, from: call.To, url: here(request, '/connect') })
  }
  response.sendStatus(204)
})

app.post('/connect', (_request, response) => {
  const twiml = new twilio.twiml.VoiceResponse()
  twiml.dial().client(PHONE)
  send(response, twiml)
})

app.listen(process.env.PORT ?? 3000, () => console.log('listening'))
