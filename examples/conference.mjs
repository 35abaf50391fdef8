// A conference with a PIN; who has the PIN of the moderator begins and ends it. /log shows who came and went.
import express from 'express'
import twilio from 'twilio'

const { PIN = '1234', MODERATOR_PIN = '9876' } = process.env
const log = []
const app = express().use(express.urlencoded({ extended: false }))
const signed = twilio.webhook()
const send = (response, twiml) => response.type('text/xml').send(twiml.toString())

app.post('/voice', signed, (_request, response) => {
  const twiml = new twilio.twiml.VoiceResponse()
  twiml.gather({ numDigits: 4, timeout: 10, action: '/pin' }).say('Please key your PIN.')
  twiml.redirect('/voice')
  send(response, twiml)
})

app.post('/pin', signed, ({ body }, response) => {
  const twiml = new twilio.twiml.VoiceResponse()
  const isModerator = body.Digits === MODERATOR_PIN
  if (!isModerator && body.Digits !== PIN) {
    twiml.say('That is not right.')
    twiml.redirect('/voice')
  } else {
    twiml.dial().conference(
      {
        startConferenceOnEnter: isModerator,
        endConferenceOnExit: isModerator,
        statusCallback: '/events',
        statusCallbackEvent: 'start end join leave',
      },
      'weekly',
    )
  }
  send(response, twiml)
})

app.post('/events', signed, ({ body }, response) => {
  log.push({ event: body.StatusCallbackEvent, callSid: body.CallSid })
  response.sendStatus(204)
})

app.get('/log', (_request, response) => response.json(log))
app.listen(process.env.PORT ?? 3000, () => console.log('listening'))
