// Sends calls to one phone in office hours and to another one else. OFFICE, ELSE: sip: or client: addresses.
import express from 'express'
import twilio from 'twilio'

const { OFFICE = 'client:office', ELSE = 'client:mobile', OPENS = '9', CLOSES = '17' } = process.env
const app = express().use(express.urlencoded({ extended: false }), twilio.webhook())

app.post('/voice', (_request, response) => {
  const hour = new Date().getHours()
  const isOpen = hour >= Number(OPENS) && hour < Number(CLOSES)
  const twiml = new twilio.twiml.VoiceResponse()
  const dial = twiml.dial({ action: '/done', timeout: 20, answerOnBridge: true })
  const address = isOpen ? OFFICE : ELSE
  if (address.startsWith('client:')) dial.client(address.slice('client:'.length))
  else dial.sip(address)
  response.type('text/xml').send(twiml.toString())
})

app.post('/done', ({ body }, response) => {
  const twiml = new twilio.twiml.VoiceResponse()
  if (body.DialCallStatus !== 'completed') twiml.say('Nobody is there. Please call again later.')
  response.type('text/xml').send(twiml.toString())
})

app.listen(process.env.PORT ?? 3000, () => console.log('listening'))
