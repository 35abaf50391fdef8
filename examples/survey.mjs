// Three questions, one after another; the answers are kept in a cookie of the call. /results shows them.
import express from 'express'
import twilio from 'twilio'

const questions = [
  'How do you like your telephone? Key 1 to 5.',
  'How often do you use it? Key 1 to 5.',
  'Would you recommend it? Key 1 to 5.',
]
const results = []
const app = express().use(express.urlencoded({ extended: false }))
const signed = twilio.webhook()

app.post('/voice', signed, ({ body, headers }, response) => {
  const kept = /answers=([1-5]*)/.exec(headers.cookie ?? '')?.[1] ?? ''
  const answers = /^[1-5]$/.test(body.Digits ?? '') ? kept + body.Digits : kept
  const twiml = new twilio.twiml.VoiceResponse()
  const question = questions[answers.length]
  if (question) {
    twiml.gather({ numDigits: 1, timeout: 10 }).say(question)
    twiml.redirect('/voice')
  } else {
    results.push([...answers].map(Number))
    twiml.say('Thank you.')
  }
  response.cookie('answers', answers).type('text/xml').send(twiml.toString())
})

app.get('/results', (_request, response) => response.json(results))
app.listen(process.env.PORT ?? 3000, () => console.log('listening'))
