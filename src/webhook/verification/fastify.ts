import type { IncomingHttpHeaders } from 'node:http'
import { Readable } from 'node:stream'
import { formFields, readBody, signedBody } from './body.js'
import { bodyBytesMaxNormal, type VerificationOptions, verify } from './verify.js'

interface FastifyRequest {
  readonly headers: IncomingHttpHeaders
  readonly protocol: string
  readonly originalUrl: string
}

interface FastifyReply {
  code(status: number): FastifyReply
  type(contentType: string): FastifyReply
  send(body: string): unknown
}

type Done = (error: Error | null, body?: unknown) => void

/** What is needed of an instance of Fastify 4 or 5. */
export interface FastifyInstance {
  hasContentTypeParser(contentType: string): boolean
  addContentTypeParser(
    contentType: string,
    options: { readonly parseAs: 'string' },
    parser: (request: unknown, body: string, done: Done) => void,
  ): unknown
  addHook(
    name: 'preParsing',
    hook: (request: FastifyRequest, reply: FastifyReply, payload: Readable) => Promise<unknown>,
  ): unknown
}

const form = 'application/x-www-form-urlencoded'

/**
 * Plugin for Fastify: `app.register(fastify(options))` checks all routes of the instance that it is
 * registered with, before their bodies are parsed. Forms are parsed too, unless you do that already.
 */
export function fastify(options: VerificationOptions = {}) {
  const plugin = async (instance: FastifyInstance): Promise<void> => {
    if (!instance.hasContentTypeParser(form)) {
      instance.addContentTypeParser(form, { parseAs: 'string' }, (_request, body, done) =>
        done(null, { ...formFields(body) }),
      )
    }
    instance.addHook('preParsing', async (request, reply, payload) => {
      const { headers, protocol, originalUrl: target } = request
      const raw = await readBody(payload, options.bodyBytesMax ?? bodyBytesMaxNormal)
      const refusal =
        'status' in raw
          ? raw
          : verify(
              { headers, protocol, target, body: signedBody(raw, headers['content-type']) },
              options,
            )
      if (refusal || 'status' in raw) {
        const { status, message } = refusal as NonNullable<typeof refusal>
        return reply.code(status).type('text/plain; charset=utf-8').send(message)
      }
      // What is parsed is what was checked.
      return Object.assign(Readable.from(raw.length > 0 ? [raw] : []), {
        receivedEncodedLength: raw.length,
      })
    })
  }
  // Else it would hold for routes of the plugin only, of which there are none.
  return Object.assign(plugin, { [Symbol.for('skip-override')]: true })
}
