import type Koa from 'koa'
import { errorCodes } from './error-codes.js'

const style =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem}' +
  'td,th{text-align:left;vertical-align:top;padding:.2rem 1rem .2rem 0}:target{background:#ffd}'

function page(title: string, body: string): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title><style>${style}</style><h1>${title}</h1>${body}</html>`
}

const errorRows = errorCodes.map(([code, meaning, remedy]) => {
  const cells = [String(code), meaning, remedy].map((text) => `<td>${text.replaceAll('<', '&lt;')}`)
  return `<tr id="${code}">${cells.join('')}`
})

const errorPage = page(
  'Error codes',
  `<table><tr><th>Code<th>Meaning<th>What to do${errorRows.join('')}</table>`,
)

const startPage = page(
  'Dialplane',
  '<p>The router is running.<ul>' +
    '<li>REST API: <code>/2010-04-01/Accounts/{AccountSid}.json</code>, HTTP Basic with the credentials file of the data directory' +
    '<li><a href="/docs/errors">error codes</a>' +
    '<li><a href="/healthz">health</a>, <a href="/readyz">readiness</a>, <a href="/metrics">metrics</a></ul>',
)

/** The page that `more_info` of errors points to, and a first page that says what is where. */
export const pages: Koa.Middleware = async (context, next) => {
  const html = { '/': startPage, '/docs/errors': errorPage }[context.path]
  if (html === undefined || (context.method !== 'GET' && context.method !== 'HEAD')) return next()
  context.type = 'html'
  context.set('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'")
  context.body = html
}
