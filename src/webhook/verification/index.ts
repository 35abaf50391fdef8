// The package's `dialplane/webhook`: verifies that requests come from the router. Works without it.
export { type ExpressRequest, express } from './express.js'
export { type FastifyInstance, fastify } from './fastify.js'
export { type KoaContext, koa } from './koa.js'
export { type FormFields, validate } from './validate.js'
export type { VerificationOptions } from './verify.js'
