// The same as hello.mjs without the SDK: the signature is checked by Dialplane's own middleware.
import { express as verify } from 'dialplane/webhook'
import express from 'express'

const app = express().use(express.urlencoded({ extended: false }))
app.post('/voice', verify({ authToken: process.env.TWILIO_AUTH_TOKEN }), ({ body }, response) => {
  const digits = [...body.From.replace(/\D/g, '')].join(' ')
  response.type('text/xml').send(`<Response><Say>You call from ${digits}.</Say></Response>`)
})
app.listen(process.env.PORT ?? 3000, () => console.log('listening'))
