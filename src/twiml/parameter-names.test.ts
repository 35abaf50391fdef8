import { describe, expect, it } from 'vitest'
import { parameterNames } from './parameter-names.js'
import { parseDocument } from './parse.js'

const known = ['Digits', 'RecordingUrl', 'RecordingSid']

describe('names of parameters', () => {
  it.each([
    ['Digits=pin', { Digits: 'pin' }],
    ['  Digits=pin\n RecordingUrl=my.memo-1 ', { Digits: 'pin', RecordingUrl: 'my.memo-1' }],
    ['Digits=RecordingUrl RecordingUrl=Digits', { Digits: 'RecordingUrl', RecordingUrl: 'Digits' }],
    ['Digits=Digits', { Digits: 'Digits' }],
    [`Digits=${'x'.repeat(64)}`, { Digits: 'x'.repeat(64) }],
    ['Digits=digits', { Digits: 'digits' }],
  ])('%j', (text, expected) => {
    const names = parameterNames(text, known)
    expect(names.ok && Object.fromEntries(names.value)).toEqual(expected)
  })

  it.each([
    ['Digits', 'letters'],
    ['Digits=', 'letters'],
    ['Digits=1st', 'letters'],
    ['Digits=a=b', 'new name'],
    ['Digits=a&b', 'letters'],
    [`Digits=${'x'.repeat(65)}`, 'letters'],
    ['From=caller', 'new name'],
    ['constructor=x', 'new name'],
    ['Digits=a Digits=b', 'new name'],
    ['Digits=same RecordingUrl=same', 'one name'],
    ['Digits=RecordingUrl', 'one name'],
    ['Digits=CallSid', 'CallSid'],
    ['Digits=CallerCity', 'CallerCity'],
    ['Digits=SipHeader_X-Pin', 'SipHeader_X-Pin'],
  ])('%j is refused', (text, why) => {
    expect(parameterNames(text, known)).toMatchObject({
      ok: false,
      problem: expect.stringContaining(why),
    })
  })
})

describe('paramNames', () => {
  const gather = (value: string) =>
    parseDocument({
      contentType: 'text/xml',
      body: `<Response><Gather paramNames="${value}"/></Response>`,
    })

  it('is ignored, with a warning, when it is wrong', () => {
    const wrong = gather('Digits=From')
    expect(wrong.ok && wrong.value).toMatchObject({
      instructions: [{ verb: 'Gather', parameterNames: undefined }],
      warnings: [
        {
          errorCode: 12200,
          message:
            '<Gather>: paramNames="Digits=From" must not use the name From, which every request may have',
        },
      ],
    })
  })

  it('is a list in the JSON form', () => {
    const pairs = ['Digits=pin', 'FinishedOnKey=key']
    const instructions = [{ verb: 'Gather', paramNames: pairs }]
    const body = JSON.stringify({ instructions })
    const json = parseDocument({ contentType: 'application/json', body })
    const xml = gather(pairs.join(' '))
    expect(json.ok && json.value.warnings).toEqual([])
    expect(json.ok && json.value.instructions).toEqual(xml.ok && xml.value.instructions)
  })
})
