import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { document, openStage, type Stage } from './stage.js'

let stage: Stage
beforeEach(async () => {
  stage = await openStage()
})
afterEach(() => stage.close())

const credentials = { username: 'me', password: 'p:w "d' }
const userInfo = `me:${encodeURIComponent(credentials.password)}@`
const withUser = (path: string) => stage.base.replace('//', `//${userInfo}`) + path

/** A server of RFC 7616 of its own: answers whether the request is authorized by `nonce`. */
function isAuthorized(request: IncomingMessage, algorithm: 'MD5' | 'SHA-256', nonce: string) {
  const header = request.headers.authorization ?? ''
  const field = (name: string) => new RegExp(`[ ,]${name}="?([^",]*)`).exec(header)?.[1] ?? ''
  const hash = (text: string) =>
    createHash(algorithm === 'MD5' ? 'md5' : 'sha256')
      .update(text)
      .digest('hex')
  const ha1 = hash(`${credentials.username}:here:${credentials.password}`)
  const ha2 = hash(`${request.method}:${request.url}`)
  const middle = `${nonce}:${field('nc')}:${field('cnonce')}:auth`
  return (
    field('nonce') === nonce &&
    field('uri') === request.url &&
    field('response') === hash(`${ha1}:${middle}:${ha2}`)
  )
}

function guard(algorithm: 'MD5' | 'SHA-256', nonceOf: () => string): void {
  stage.respond = (request, response) => {
    const nonce = nonceOf()
    if (isAuthorized(request, algorithm, nonce)) {
      response.writeHead(200, { 'Content-Type': 'text/xml' }).end(document)
      return
    }
    const isDigest = request.headers.authorization?.startsWith('Digest')
    const stale = isDigest ? ', stale=true' : ''
    const challenge = `Digest realm="here", nonce="${nonce}", algorithm=${algorithm}, qop="auth"${stale}`
    response.writeHead(401, { 'WWW-Authenticate': `Basic realm="here", ${challenge}` }).end('who?')
  }
}

describe('user info of a URL', () => {
  test('is sent as Basic, and is no part of the URL that is signed', async () => {
    await stage.ask(withUser('/a'))
    await stage.ask('/a')
    const [named, plain] = stage.seen
    expect(named?.headers.authorization).toBe(`Basic ${btoa(`me:${credentials.password}`)}`)
    expect(named?.headers['x-twilio-signature']).toBe(plain?.headers['x-twilio-signature'])
    expect(plain?.headers.authorization).toBeUndefined()
  })

  test.each(['MD5', 'SHA-256'] as const)(
    'answers a Digest challenge with %s',
    async (algorithm) => {
      guard(algorithm, () => 'n1')
      const answer = await stage.ask(withUser('/a?b=c'), { method: 'GET' })
      expect(answer.body.toString()).toBe(document)
      expect(stage.seen).toHaveLength(2)
    },
  )

  test('keeps the nonce while the call lasts, also when it becomes stale', async () => {
    let nonce = 'n1'
    guard('SHA-256', () => nonce)
    for (const path of ['/1', '/2']) await stage.ask(withUser(path))
    nonce = 'n2'
    await stage.ask(withUser('/3'))
    stage.client.forget('CA1')
    await stage.ask(withUser('/4'))
    const paths = ['/1', '/1', '/2', '/3', '/3', '/4', '/4']
    expect(stage.seen.map(({ url }) => url)).toEqual(paths)
    expect(stage.seen[2]?.headers.authorization).toContain('nc=00000002')
  })

  test('that is wrong fails after few requests', async () => {
    let nonces = 0
    guard('MD5', () => `n${nonces++}`)
    const failure = await stage.ask(withUser('/a')).catch((error) => error)
    expect(failure).toMatchObject({ errorCode: 11200, answer: { status: 401 } })
    expect(failure.message).not.toContain('p%3Aw')
    expect(stage.seen).toHaveLength(3)
  })

  test('stays with its origin on redirects, relative and absolute', async () => {
    const other = await openStage()
    stage.respond = (request, response) => {
      const locations: { readonly [path: string]: string } = {
        '/a': 'b',
        '/b': `${stage.base}/c`,
        '/c': `${other.base}/d`,
      }
      response.writeHead(307, { Location: locations[request.url ?? ''] ?? '' }).end()
    }
    other.respond = (_request, response) =>
      response.writeHead(401, { 'WWW-Authenticate': 'Digest realm="here", nonce="n"' }).end()
    await expect(stage.ask(withUser('/a'))).rejects.toMatchObject({ errorCode: 11200 })
    const sent = stage.seen.map(({ headers }) => headers.authorization?.slice(0, 5))
    expect(sent).toEqual(['Basic', 'Basic', 'Basic'])
    expect(other.seen.map(({ headers }) => headers.authorization)).toEqual([undefined])
    await other.close()
  })
})

describe('the policy of destinations', () => {
  test.each(['#sni=n', '#ct=200', '#rc=2&rp=all'])(
    '%s does not get around it',
    async (fragment) => {
      stage.respond = (_request, response) =>
        response.writeHead(307, { Location: `http://169.254.169.254/${fragment}` }).end()
      await expect(stage.ask(`/a${fragment}`)).rejects.toMatchObject({ errorCode: 11210 })
      const direct = stage.ask(`http://10.0.0.1/${fragment}`)
      await expect(direct).rejects.toMatchObject({ errorCode: 11210 })
      const digest = stage.ask(`http://${userInfo}10.0.0.1/${fragment}`)
      await expect(digest).rejects.toMatchObject({ errorCode: 11210 })
    },
  )
})
