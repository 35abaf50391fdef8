// All phones of one person ring at once; the first to press 1 gets the call. PHONES: names, with commas.
import express from 'express'
import twilio from 'twilio'

const phones = (process.env.PHONES ?? 'desk,mobile,home').split(',')
const app = express().use(express.urlencoded({ extended: false }), twilio.webhook())
const send = (response, twiml) => response.type('text/xml').send(twiml.toString())

app.post('/voice', (_request, response) => {
  const twiml = new twilio.twiml.VoiceResponse()
  const dial = twiml.dial({ timeout: 25 })
  for (const phone of phones) dial.client({ url: '/accept' }, phone)
  twiml.say('We could not find anybody.')
  send(response, twiml)
})

app.post('/accept', (_request, response) => {
  const twiml = new twilio.twiml.VoiceResponse()
  twiml.gather({ numDigits: 1, timeout: 10, action: '/key' }).say('Press 1 to take the call.')
  twiml.hangup()
  send(response, twiml)
})

app.post('/key', ({ body }, response) => {
  const twiml = new twilio.twiml.VoiceResponse()
  if (body.Digits !== '1') twiml.hangup()
  send(response, twiml)
})

app.listen(process.env.PORT ?? 3000, () => console.log('listening'))
