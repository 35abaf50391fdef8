// A support line: callers of /voice wait and hear their place; agents call /agent to take the next one.
import express from 'express'
import twilio from 'twilio'

const app = express().use(express.urlencoded({ extended: false }), twilio.webhook())
const send = (response, twiml) => response.type('text/xml').send(twiml.toString())

app.post('/voice', (_request, response) => {
  const twiml = new twilio.twiml.VoiceResponse()
  twiml.enqueue({ waitUrl: '/wait', action: '/served' }, 'support')
  send(response, twiml)
})

app.post('/wait', ({ body }, response) => {
  const twiml = new twilio.twiml.VoiceResponse()
  const gather = twiml.gather({ numDigits: 1, timeout: 10, action: '/key' })
  gather.say(`You are number ${body.QueuePosition}. Press star to leave.`)
  send(response, twiml)
})

app.post('/key', ({ body }, response) => {
  const twiml = new twilio.twiml.VoiceResponse()
  if (body.Digits === '*') twiml.leave()
  send(response, twiml)
})

app.post('/served', ({ body }, response) => {
  const twiml = new twilio.twiml.VoiceResponse()
  const isServed = body.QueueResult === 'bridged'
  twiml.say(isServed ? 'Thank you for calling.' : 'Sorry that you had to wait.')
  send(response, twiml)
})

app.post('/agent', (_request, response) => {
  const twiml = new twilio.twiml.VoiceResponse()
  twiml.dial({ timeout: 60 }).queue({ url: '/connecting' }, 'support')
  twiml.redirect('/agent')
  send(response, twiml)
})

app.post('/connecting', (_request, response) => {
  const twiml = new twilio.twiml.VoiceResponse()
  twiml.say('You will now speak to an agent.')
  send(response, twiml)
})

app.listen(process.env.PORT ?? 3000, () => console.log('listening'))
