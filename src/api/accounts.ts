import type Router from 'koa-router'
import { z } from 'zod'
import { updateAccount } from '../store/accounts.js'
import { type ApiContext, answerOne } from './answer.js'
import { apiErrors } from './api-error.js'
import type { ApiParts } from './api-parts.js'
import { validated } from './parameters.js'
import { presentAccount } from './present/account.js'

const names = { one: 'Account', many: 'Accounts', key: 'accounts' }

const changeSchema = z.object({
  FriendlyName: z.string().min(1).max(64, 'may have at most 64 characters').optional(),
  Status: z.enum(['active', 'suspended', 'closed']).optional(),
})

export function addAccounts(router: Router, parts: ApiParts): void {
  router.get('/', (context) => {
    const { row, authToken } = (context as ApiContext).state.account
    answerOne(context as ApiContext, names, presentAccount(row, authToken))
  })
  router.post('/', async (context) => {
    const { account, parameters } = (context as ApiContext).state
    const wanted = validated(changeSchema, parameters)
    const isFirst = account.row.owner_account_sid === account.row.sid
    if (isFirst && wanted.Status && wanted.Status !== 'active') {
      throw apiErrors.invalid(20001, 'The main account cannot be suspended or closed by itself')
    }
    const change = {
      friendly_name: wanted.FriendlyName ?? account.row.friendly_name,
      status: wanted.Status ?? account.row.status,
      updated_ms: parts.clock.nowMs(),
    }
    await parts.store.write([updateAccount(account.row.sid, change)])
    parts.accounts.forget(account.row.sid)
    answerOne(
      context as ApiContext,
      names,
      presentAccount({ ...account.row, ...change }, account.authToken),
    )
  })
}
