import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import twilio from 'twilio'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Certificate, makeCertificate } from '../net/certificates.js'
import { bodyOf, type Responder } from './harness/application.js'
import { readWav, tones, wavBytes, writeWav } from './harness/audio.js'
import { type CallerOptions, call } from './harness/caller.js'
import { soundSeconds, toneSeconds } from './harness/measure.js'
import { startTestbed, type Testbed } from './harness/testbed.js'

const hangup = '<Response><Hangup/></Response>'

/** An answer of a media type. */
function typed(type: string, body: string | Buffer): Responder {
  return (_request, response) => {
    response.setHeader('Content-Type', type).end(body)
    return undefined
  }
}

function redirecting(status: number, location: string): Responder {
  return (_request, response) => {
    response.writeHead(status, { Location: location }).end()
    return undefined
  }
}

describe('behaviours of webhooks', () => {
  let bed: Testbed
  beforeAll(async () => {
    bed = await startTestbed()
  })
  afterAll(() => bed?.close())

  const hear = async (
    name: string,
    documents: { readonly [path: string]: Responder },
    options: CallerOptions = {},
  ) => {
    const number = await bed.number(documents)
    const record = bed.path(`${name}.wav`)
    const { code, output } = await call(bed.uriOf(number), { record, ...options })
    return { code, output, number, samples: readWav(record).samples }
  }

  it.concurrent('2H 1: text/html is TwiML', async () => {
    await hear('html', {
      '/html': typed(
        'text/html; charset=utf-8',
        '<Response><Redirect>/html/2</Redirect></Response>',
      ),
      '/html/2': hangup,
    })
    expect(bed.app.to('/html/2')).toHaveLength(1)
  })

  it.concurrent('2H 2: text/plain that parses is carried out, other text is spoken, audio is played; then the call ends', async () => {
    await hear('twiml', {
      '/twiml': typed('text/plain', '<Response><Redirect>/twiml/2</Redirect></Response>'),
      '/twiml/2': hangup,
    })
    expect(bed.app.to('/twiml/2')).toHaveLength(1)
    const text = await hear('text', { '/text': typed('text/plain', 'You have no new messages.') })
    expect(soundSeconds(text.samples)).toBeGreaterThan(0.7)
    expect((await bed.endedCall(text.number)).status).toBe('completed')
    const tone = wavBytes(tones([500], 1))
    const audio = await hear('audio', { '/audio': typed('audio/wav', tone) })
    expect(toneSeconds(audio.samples, 500)).toBeGreaterThanOrEqual(0.8)
    expect((await bed.endedCall(audio.number)).status).toBe('completed')
  })

  it.concurrent.each([
    ['redirect', '<Redirect/>', {}],
    ['gather', '<Gather numDigits="1"/>', { digits: '5', digitsAfter: 0.2 }],
    ['record', '<Record finishOnKey="1" playBeep="false"/>', { digits: '1', digitsAfter: 1 }],
  ])(
    '2H 3: an empty %s asks the current document, with its query, by POST',
    async (name, verb, options) => {
      const path = `/current-${name}`
      const first = `${path}/first?menu=1`
      const play = writeWav(bed.path(`said-${name}.wav`), tones([500], 5))
      await hear(
        `current-${name}`,
        {
          [path]: `<Response><Redirect method="GET">${first}</Redirect></Response>`,
          [`${path}/first`]: ({ method }) =>
            method === 'GET' ? `<Response>${verb}</Response>` : hangup,
        },
        { play, ...options },
      )
      const [asked, again] = bed.app.to(`${path}/first`)
      expect(asked?.method).toBe('GET')
      expect(again).toMatchObject({ method: 'POST', url: bed.app.url(first) })
      if (name === 'gather') expect(again?.parameters.Digits).toBe('5')
      if (name === 'record') expect(again?.parameters.RecordingUrl).toMatch(/^http/)
    },
  )

  it.concurrent('2H 4: relative URLs resolve against where the redirect led', async () => {
    const { host } = new URL(bed.app.baseUrl)
    const steps: readonly (readonly [from: string, reference: string, to: string])[] = [
      ['/moved/here/doc', '.?Dial=true', '/moved/here/?Dial=true'],
      ['/moved/here/', 'handle-user-input', '/moved/here/handle-user-input'],
      ['/moved/here/handle-user-input', `//${host}/moved/x`, '/moved/x'],
    ]
    const documents: { [path: string]: Responder } = {
      '/relative': redirecting(302, '/moved/here/doc'),
      '/moved/x': hangup,
    }
    for (const [from, reference] of steps) {
      documents[from] = `<Response><Redirect>${reference}</Redirect></Response>`
    }
    await hear('relative', documents)
    const asked = bed.app.requests.filter(({ path }) => path.startsWith('/moved/'))
    expect(asked.map(({ url }) => url)).toEqual(
      ['/moved/here/doc', ...steps.map(([, , to]) => to)].map((path) => bed.app.url(path)),
    )
  })

  it.concurrent('2H 5: a redirected action is followed by GET, and loses Digits', async () => {
    await hear(
      'lost',
      {
        '/lost': '<Response><Gather numDigits="1" action="/lost/action"/></Response>',
        '/lost/action': redirecting(302, '/lost/there?kept=1'),
        '/lost/there': hangup,
      },
      { digits: '7', digitsAfter: 0.2 },
    )
    const [action] = bed.app.to('/lost/action')
    expect(action).toMatchObject({ method: 'POST', parameters: { Digits: '7' } })
    const [there] = bed.app.to('/lost/there')
    expect(there).toMatchObject({ method: 'GET', parameters: { kept: '1' } })
    expect(there?.parameters).not.toHaveProperty('Digits')
  })

  it.concurrent('2H 6: the old names of parameters are sent', async () => {
    const number = await bed.number({ '/old': hangup })
    await call(bed.uriOf(number), { from: 'sip:+14155550100@127.0.0.1' })
    const { parameters } = await bed.app.received('/old')
    const { From, To, FromCountry, ToCountry } = parameters
    expect(parameters).toMatchObject({
      ...{ Caller: From, Called: To, CallerCountry: FromCountry, CalledCountry: ToCountry },
    })
    expect([From, To, FromCountry]).toEqual(['+14155550100', number, 'US'])
    for (const side of ['From', 'To', 'Caller', 'Called']) {
      for (const part of ['City', 'State', 'Zip']) expect(parameters).toHaveProperty(side + part)
    }
  })

  it.concurrent('2H 32: sounds are asked without parameters, documents with them; GET is cached, POST never', async () => {
    const kept = { 'Cache-Control': 'max-age=60' }
    const sound: Responder = (_request, response) => {
      response.writeHead(200, { 'Content-Type': 'audio/wav', ...kept })
      response.end(wavBytes(tones([500], 0.2)))
      return undefined
    }
    const documentOnce: Responder = ({ method, url }, response) => {
      response.writeHead(200, { 'Content-Type': 'text/xml', ...kept })
      const next = method === 'GET' ? '/cache/post' : '/cache/end'
      const isSecond = url.includes('again')
      const to = isSecond ? next : '/cache/again'
      response.end(
        `<Response><Play>/cache/tone.wav?a=b</Play><Redirect>${to}</Redirect></Response>`,
      )
      return undefined
    }
    await hear('cache', {
      '/cache': '<Response><Redirect method="GET">/cache/doc</Redirect></Response>',
      '/cache/tone.wav': sound,
      '/cache/doc': documentOnce,
      // By a redirect that loses the parameters, twice to one URL.
      '/cache/again': redirecting(302, '/cache/same?again=1'),
      '/cache/same': documentOnce,
      '/cache/post': redirecting(302, '/cache/same2?again=1'),
      '/cache/same2': (_request, response) => {
        response.writeHead(200, { 'Content-Type': 'text/xml', ...kept })
        const visits = bed.app.to('/cache/posted').length
        response.end(`<Response><Redirect>/cache/posted?visits=${visits}</Redirect></Response>`)
        return undefined
      },
      '/cache/posted': (_request, response) => {
        response.writeHead(200, { 'Content-Type': 'text/xml', ...kept })
        const isOver = bed.app.to('/cache/posted').length > 2
        response.end(isOver ? hangup : '<Response><Redirect>/cache/post</Redirect></Response>')
        return undefined
      },
      '/cache/end': hangup,
    })
    const sounds = bed.app.to('/cache/tone.wav')
    expect(sounds.map(({ url }) => url)).toEqual([bed.app.url('/cache/tone.wav?a=b')])
    expect(bed.app.to('/cache/doc')[0]?.parameters).toHaveProperty('CallSid')
    expect(bed.app.to('/cache/same2')).toHaveLength(1)
    expect(bed.app.to('/cache/posted')).toHaveLength(3)
  })

  it.concurrent('2H 33: cookies persist over documents, actions and waiting', async () => {
    const counted =
      (name: string, document: string): Responder =>
      (_request, response) => {
        response.setHeader('Set-Cookie', `${name}=1; Path=/`)
        return document
      }
    await hear(
      'cookie',
      {
        '/cookie': counted(
          'a',
          '<Response><Gather numDigits="1" action="/cookie/keys"/></Response>',
        ),
        '/cookie/keys': counted(
          'b',
          '<Response><Enqueue waitUrl="/cookie/wait" action="/cookie/left">cookies</Enqueue></Response>',
        ),
        '/cookie/wait': counted('c', '<Response><Leave/></Response>'),
        '/cookie/left': hangup,
      },
      { digits: '1', digitsAfter: 0.2 },
    )
    const sent = ['/cookie', '/cookie/keys', '/cookie/wait', '/cookie/left'].map(
      (path) => bed.app.to(path)[0]?.headers.cookie,
    )
    expect(sent).toEqual([undefined, 'a=1', 'a=1; b=1', 'a=1; b=1; c=1'])
  })

  it.concurrent('2H 34: the fallback is told what failed, and does not loop', async () => {
    const number = await bed.number(
      {
        '/fails': typed('text/xml', '<Response><Say>'),
        '/fails/fallback': '<Response><Redirect>/fails</Redirect></Response>',
      },
      { voiceFallbackUrl: bed.app.url('/fails/fallback') },
    )
    await call(bed.uriOf(number))
    expect((await bed.endedCall(number)).status).toBe('completed')
    const [told, ...more] = bed.app.to('/fails/fallback')
    const { ErrorCode, ErrorUrl, CallSid } = told?.parameters ?? {}
    expect({ ErrorCode, ErrorUrl }).toEqual({ ErrorCode: '12100', ErrorUrl: bed.app.url('/fails') })
    expect(CallSid).toMatch(/^CA/)
    expect(more).toEqual([])
    expect(bed.app.to('/fails')).toHaveLength(2)
  })

  it.concurrent('2H 35: the fragment of a URL says how often and how long it is tried', async () => {
    const number = await bed.number(
      {
        '/often': (_request, response) => {
          response.writeHead(503).end()
          return undefined
        },
        '/often/fallback':
          '<Response><Redirect>/often/late#rt=150&amp;rc=1&amp;rp=rt</Redirect></Response>',
        // Never answered.
        '/often/late': () => undefined,
      },
      {
        voiceUrl: bed.app.url('/often#rc=2&rp=5xx'),
        voiceFallbackUrl: bed.app.url('/often/fallback#ct=100'),
      },
    )
    await call(bed.uriOf(number))
    const tries = bed.app.to('/often')
    expect(tries).toHaveLength(3)
    expect(new Set(tries.map(({ headers }) => headers['i-twilio-idempotency-token'])).size).toBe(1)
    expect(bed.app.to('/often/late')).toHaveLength(2)
  })

  it.concurrent.each([
    ['an edge that we have not', '#e=dublin', '11241'],
    ['a number out of range', '#rc=9', '11100'],
  ])('2H 35: %s is an error of the URL', async (_what, fragment, code) => {
    const path = `/fragment-${code}`
    const number = await bed.number(
      { [path]: hangup, [`${path}/fallback`]: hangup },
      { voiceUrl: bed.app.url(path + fragment), voiceFallbackUrl: bed.app.url(`${path}/fallback`) },
    )
    await call(bed.uriOf(number))
    const { parameters } = await bed.app.received(`${path}/fallback`)
    expect(parameters.ErrorCode).toBe(code)
    expect(bed.app.to(path)).toEqual([])
  })

  it.concurrent('2H 37: a host with an underscore is refused', async () => {
    const number = await bed.number(
      { '/under': hangup, '/under/fallback': hangup },
      {
        voiceUrl: 'http://my_host.example/under',
        voiceFallbackUrl: bed.app.url('/under/fallback'),
      },
    )
    await call(bed.uriOf(number))
    const { parameters } = await bed.app.received('/under/fallback')
    expect(parameters.ErrorCode).toBe('11210')
  })
})

describe('signatures', () => {
  let bed: Testbed
  let certificate: Certificate
  const seen: { url: string; signature: string; form: URLSearchParams; sni: unknown }[] = []
  const server = () =>
    createServer(
      { key: certificate.key, cert: certificate.certificate },
      async (request, response) => {
        const body = await bodyOf(request)
        seen.push({
          url: request.url ?? '',
          signature: String(request.headers['x-twilio-signature']),
          form: new URLSearchParams(body),
          sni: (request.socket as { servername?: unknown }).servername,
        })
        response.writeHead(200, { 'Content-Type': 'text/xml' }).end(hangup)
      },
    )
  let https: ReturnType<typeof server>
  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'dialplane-https-'))
    certificate = makeCertificate(folder, 'application', 'IP:127.0.0.1,DNS:localhost')
    bed = await startTestbed({ NODE_EXTRA_CA_CERTS: certificate.file })
    https = server()
    await new Promise<void>((resolve) => https.listen(0, '127.0.0.1', resolve))
    return async () => {
      await new Promise((resolve) => {
        https.close(resolve)
        https.closeAllConnections()
      })
      rmSync(folder, { recursive: true, force: true })
    }
  })
  afterAll(() => bed?.close())

  const expected = (url: string, parameters: { readonly [name: string]: string }) =>
    twilio.getExpectedTwilioSignature(bed.router.authToken, url, parameters)

  it("2H 31: over HTTPS the port, user info and fragment are not signed, and the URL is WHATWG's", async () => {
    const { port } = https.address() as AddressInfo
    const voiceUrl = `https://me:secret@localhost:${port}/voice?q=It's&r=ü#rc=0`
    const number = await bed.number({ '/unused': '' }, { voiceUrl })
    await call(bed.uriOf(number))
    const [{ url, signature, form, sni } = { url: '', signature: '', form: [], sni: '' }] = seen
    expect(url).toBe('/voice?q=It%27s&r=%C3%BC')
    expect(signature).toBe(expected(`https://localhost${url}`, Object.fromEntries(form)))
    expect(sni).toBe('localhost')
  })

  it('2H 35: sni=n does not name the host, and its certificate is verified all the same', async () => {
    seen.length = 0
    const { port } = https.address() as AddressInfo
    const number = await bed.number(
      { '/unused': '' },
      { voiceUrl: `https://localhost:${port}/voice#sni=n` },
    )
    await call(bed.uriOf(number))
    expect(seen.map(({ sni }) => sni)).toEqual([false])
    // The certificate names localhost and 127.0.0.1 only.
    const other = await bed.number(
      { '/unused': '', '/tls/fallback': hangup },
      {
        voiceUrl: `https://127.0.0.2:${port}/voice#sni=n`,
        voiceFallbackUrl: bed.app.url('/tls/fallback'),
      },
    )
    await call(bed.uriOf(other))
    expect((await bed.app.received('/tls/fallback')).parameters.ErrorCode).toMatch(/^112/)
    expect(seen).toHaveLength(1)
  })

  it('2H 31: over HTTP the port is signed', async () => {
    const number = await bed.number(
      { '/http': hangup },
      { voiceUrl: bed.app.url('/http?a=b#rc=0').replace('//', '//me:secret@') },
    )
    await call(bed.uriOf(number))
    const { headers, parameters } = await bed.app.received('/http')
    expect(headers['x-twilio-signature']).toBe(expected(bed.app.url('/http?a=b'), parameters))
    expect(headers.authorization).toBe(`Basic ${btoa('me:secret')}`)
  })
})
