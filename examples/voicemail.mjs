// Rings a phone; when nobody answers the caller leaves a message, which /messages lists.
import express from 'express'
import twilio from 'twilio'

const { PHONE = 'alice' } = process.env
const messages = []
const app = express().use(express.urlencoded({ extended: false }))
const signed = twilio.webhook()
const send = (response, twiml) => response.type('text/xml').send(twiml.toString())

app.post('/voice', signed, (_request, response) => {
  const twiml = new twilio.twiml.VoiceResponse()
  twiml.dial({ action: '/unanswered', timeout: 5 }).client(PHONE)
  send(response, twiml)
})

app.post('/unanswered', signed, ({ body }, response) => {
  const twiml = new twilio.twiml.VoiceResponse()
  if (body.DialCallStatus !== 'completed') {
    twiml.say('Please leave a message after the tone.')
    twiml.record({ action: '/goodbye', maxLength: 120, recordingStatusCallback: '/recorded' })
  }
  send(response, twiml)
})

app.post('/goodbye', signed, (_request, response) => {
  const twiml = new twilio.twiml.VoiceResponse()
  twiml.say('Thank you. Goodbye.')
  send(response, twiml)
})

app.post('/recorded', signed, ({ body }, response) => {
  messages.push({ url: `${body.RecordingUrl}.mp3`, seconds: Number(body.RecordingDuration) })
  response.sendStatus(204)
})

app.get('/messages', (_request, response) => response.json(messages))
app.listen(process.env.PORT ?? 3000, () => console.log('listening'))
