import type { WebhookOptionsRow } from './schema.js'
import { sql } from './store.js'

const table = 'webhook_options'

/** Makes the row, or puts it in the place of the one for the same target. */
export const putWebhookOptions = (row: WebhookOptionsRow) =>
  sql
    .insertInto(table)
    .values(row)
    .onConflict((conflict) =>
      conflict.columns(['account_sid', 'target']).doUpdateSet(({ ref }) => ({
        mirror_urls: ref('excluded.mirror_urls'),
        state_in: ref('excluded.state_in'),
        withhold: ref('excluded.withhold'),
        updated_ms: ref('excluded.updated_ms'),
      })),
    )
    .compile()

export const deleteWebhookOptions = (accountSid: string, target: string) =>
  sql.deleteFrom(table).where('account_sid', '=', accountSid).where('target', '=', target).compile()

export const findWebhookOptions = (accountSid: string, target: string) =>
  sql
    .selectFrom(table)
    .selectAll()
    .where('account_sid', '=', accountSid)
    .where('target', '=', target)
    .compile()

export const selectWebhookOptions = () => sql.selectFrom(table).selectAll().compile()

export const countWebhookOptions = (accountSid: string) =>
  sql
    .selectFrom(table)
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('account_sid', '=', accountSid)
    .compile()
