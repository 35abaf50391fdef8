import { expect, it } from 'vitest'
import type { RequestOptions } from '../webhook/request-options.js'
import type { Parameters } from '../webhook/signature.js'
import { outboxOptions } from './outbox-options.js'

/** Options that say for what number they were asked. */
function asked(own: Parameters, has = true) {
  const numbers: (string | undefined)[] = []
  const webhookOptions = {
    has: () => has,
    ofNumber: (_accountSid: string, number: string | undefined): RequestOptions | undefined => {
      numbers.push(number)
      return undefined
    },
  }
  const store = {
    read: () => Promise.reject(new Error('nothing is to be read')),
    write: () => Promise.reject(new Error('nothing is to be written')),
    close: async () => {},
  }
  return outboxOptions('AC1', undefined, own, { store, webhookOptions }).then(() => numbers)
}

it('a text has the options of the number that it is from', async () => {
  expect(
    await asked([
      ['MessageSid', 'SM1'],
      ['To', '+1777'],
      ['From', '+1555'],
    ]),
  ).toEqual(['+1555'])
})

it('a conference has those of the account', async () => {
  expect(
    await asked([
      ['ConferenceSid', 'CF1'],
      ['From', '+1555'],
    ]),
  ).toEqual([undefined])
})

it('an account without options costs one question', async () => {
  expect(
    await asked(
      [
        ['MessageSid', 'SM1'],
        ['From', '+1555'],
      ],
      false,
    ),
  ).toEqual([])
})
