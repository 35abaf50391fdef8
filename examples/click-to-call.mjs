// A form in a page: your own phone rings first, then the other one is called.
import express from 'express'
import twilio from 'twilio'

const { DIALPLANE_URL = 'http://127.0.0.1:8080', NUMBER = '+15550100001' } = process.env
const client = twilio(process.env.TWILIO_ACCOUNT_SID, process.env.TWILIO_AUTH_TOKEN)
client.api.baseUrl = DIALPLANE_URL
const app = express().use(express.urlencoded({ extended: false }))

app.get('/', (_request, response) => {
  response.send(`<form method="post" action="/call">
    My phone <input name="mine"> calls <input name="theirs"> <button>Call</button></form>`)
})

app.post('/call', async ({ body }, response) => {
  const dial = new twilio.twiml.VoiceResponse()
  dial.dial().client(body.theirs)
  const { sid } = await client.calls.create({
    to: `client:${body.mine}`,
    from: NUMBER,
    twiml: dial.toString(),
  })
  response.json({ sid })
})

app.listen(process.env.PORT ?? 3000, '127.0.0.1', () => console.log('listening'))
