import type { Updateable } from 'kysely'
import type { GatewayRow } from './schema.js'
import { sql } from './store.js'

export const insertGateway = (row: GatewayRow) => sql.insertInto('gateways').values(row).compile()

export const updateGateway = (sid: string, change: Updateable<GatewayRow>) =>
  sql.updateTable('gateways').set(change).where('sid', '=', sid).compile()

export const deleteGateway = (sid: string) =>
  sql.deleteFrom('gateways').where('sid', '=', sid).compile()

export const deleteConfiguredGateways = () =>
  sql.deleteFrom('gateways').where('source', '=', 'settings').compile()

export const findGateway = (sid: string) =>
  sql.selectFrom('gateways').selectAll().where('sid', '=', sid).compile()

export const selectGateways = () =>
  sql.selectFrom('gateways').selectAll().orderBy('created_ms').orderBy('sid').compile()

export const countGateways = () =>
  sql
    .selectFrom('gateways')
    .select((select) => select.fn.countAll<number>().as('count'))
    .compile()
