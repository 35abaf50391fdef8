// Connects callers with PHONE and keeps each conversation, one side in each channel. /recordings lists them.
import express from 'express'
import twilio from 'twilio'

const { PHONE = 'alice' } = process.env
const recordings = []
const app = express().use(express.urlencoded({ extended: false }))
const signed = twilio.webhook()

app.post('/voice', signed, (_request, response) => {
  const twiml = new twilio.twiml.VoiceResponse()
  twiml.say('This call is recorded.')
  twiml
    .dial({ record: 'record-from-answer-dual', recordingStatusCallback: '/recorded' })
    .client(PHONE)
  response.type('text/xml').send(twiml.toString())
})

app.post('/recorded', signed, ({ body }, response) => {
  const { RecordingSid, RecordingUrl, RecordingDuration, RecordingChannels } = body
  recordings.push({ RecordingSid, RecordingUrl, RecordingDuration, RecordingChannels })
  response.sendStatus(204)
})

app.get('/recordings', (_request, response) => response.json(recordings))
app.listen(process.env.PORT ?? 3000, () => console.log('listening'))
