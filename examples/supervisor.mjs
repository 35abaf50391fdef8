// A supervisor listens to a conversation and whispers to the agent: the customer does not hear it.
// Customers call /voice, the agent /agent, the supervisor /supervisor.
import express from 'express'
import twilio from 'twilio'

const room = 'desk'
let agentSid
const app = express().use(express.urlencoded({ extended: false }), twilio.webhook())

function answer(path, options) {
  app.post(path, ({ body }, response) => {
    if (path === '/agent') agentSid = body.CallSid
    const twiml = new twilio.twiml.VoiceResponse()
    twiml.dial().conference({ beep: 'false', ...options() }, room)
    response.type('text/xml').send(twiml.toString())
  })
}

answer('/voice', () => ({ startConferenceOnEnter: false }))
answer('/agent', () => ({ endConferenceOnExit: true }))
answer('/supervisor', () => ({ coach: agentSid }))
app.listen(process.env.PORT ?? 3000, () => console.log('listening'))
