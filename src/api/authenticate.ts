import { createHash, timingSafeEqual } from 'node:crypto'
import { isSid } from '../base/ids.js'
import { apiErrors } from './api-error.js'
import type { ApiAccount, ApiParts } from './api-parts.js'

/**
 * The account that the path names, when the request carries the AuthToken of that account or of its
 * parent (HTTP Basic). Throws ApiError 20003.
 */
export async function authenticate(
  authorization: string | undefined,
  pathAccountSid: string,
  accounts: ApiParts['accounts'],
): Promise<ApiAccount> {
  const given = await credentialsOf(authorization, accounts)
  if (!given) throw apiErrors.unauthenticated()
  if (given.row.sid === pathAccountSid) return given
  const account = isSid(pathAccountSid, 'AC') ? await accounts.find(pathAccountSid) : undefined
  if (account?.row.owner_account_sid !== given.row.sid) throw apiErrors.unauthenticated()
  return account
}

/** The account whose AccountSid and AuthToken the request carries. */
export async function credentialsOf(
  authorization: string | undefined,
  accounts: ApiParts['accounts'],
): Promise<ApiAccount | undefined> {
  const encoded = /^Basic ([A-Za-z0-9+/=]{1,1024})$/i.exec(authorization ?? '')?.[1]
  if (encoded === undefined) return undefined
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  const at = text.indexOf(':')
  const [sid, token] = [text.slice(0, at), text.slice(at + 1)]
  const account = isSid(sid, 'AC') ? await accounts.find(sid) : undefined
  // Compared also for an unknown account, so that the time tells nothing.
  const matches = equal(token, account?.authToken ?? 'no such account')
  return account && matches && account.row.status !== 'closed' ? account : undefined
}

function equal(given: string, expected: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(hash(given), hash(expected))
}
