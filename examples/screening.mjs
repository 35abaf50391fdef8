// Who is called hears who calls, and presses 1 to take the call.
import express from 'express'
import twilio from 'twilio'

const { PHONE = 'alice' } = process.env
const app = express().use(express.urlencoded({ extended: false }), twilio.webhook())
const send = (response, twiml) => response.type('text/xml').send(twiml.toString())

app.post('/voice', ({ body }, response) => {
  const twiml = new twilio.twiml.VoiceResponse()
  const screen = `/screen?caller=${encodeURIComponent(body.From)}`
  twiml.dial({ action: '/done' }).client({ url: screen }, PHONE)
  send(response, twiml)
})

app.post('/screen', ({ query }, response) => {
  const twiml = new twilio.twiml.VoiceResponse()
  const gather = twiml.gather({ numDigits: 1, timeout: 8, action: '/key' })
  gather.say(`A call from ${query.caller}. Press 1 to take it.`)
  twiml.hangup()
  send(response, twiml)
})

app.post('/key', ({ body }, response) => {
  const twiml = new twilio.twiml.VoiceResponse()
  if (body.Digits !== '1') twiml.hangup()
  send(response, twiml)
})

app.post('/done', ({ body }, response) => {
  const twiml = new twilio.twiml.VoiceResponse()
  if (body.DialBridged !== 'true') twiml.say('Your call could not be taken.')
  send(response, twiml)
})

app.listen(process.env.PORT ?? 3000, () => console.log('listening'))
