// Ten lines: every caller hears a sentence. TWILIO_AUTH_TOKEN=… node examples/hello.mjs
import express from 'express'
import twilio from 'twilio'

const app = express().use(express.urlencoded({ extended: false }), twilio.webhook())
app.post('/voice', (_request, response) => {
  const twiml = new twilio.twiml.VoiceResponse()
  twiml.say('Hello, and welcome to your own telephone company.')
  response.type('text/xml').send(twiml.toString())
})
app.listen(process.env.PORT ?? 3000, () => console.log('listening'))
