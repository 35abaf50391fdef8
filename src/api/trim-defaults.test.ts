import { expect, test } from 'vitest'
import { createRecordingSchema } from './call-recordings.js'
import { createCallSchema } from './calls.schema.js'
import { createParticipantSchema } from './participants.schema.js'

// Those of documents are in the schema of the language.
test('2H 26: what is recorded from its beginning is trimmed, what is begun by REST is not', () => {
  expect(createCallSchema.parse({ Record: 'true' }).Trim).toBe('trim-silence')
  expect(createParticipantSchema.parse({ Record: 'true' })).toMatchObject({
    Trim: 'trim-silence',
    ConferenceTrim: 'trim-silence',
  })
  expect(createRecordingSchema.parse({}).Trim).toBe('do-not-trim')
})
