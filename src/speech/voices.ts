/** Languages of the contract whose code differs from eSpeak's name of its voice. */
const renamed: { readonly [language: string]: string } = {
  'en-us': 'en-us',
  'en-gb': 'en-gb',
  'pt-br': 'pt-br',
  'es-mx': 'es-419',
  'es-us': 'es-419',
  'zh-cn': 'cmn',
  'zh-tw': 'cmn',
  'zh-hk': 'yue',
  'cmn-cn': 'cmn',
  'nb-no': 'nb',
  'fr-fr': 'fr',
  'fr-ca': 'fr',
}

/** Voices of hosted providers that are women's; the others speak as the engine does. */
const womanly = /^(woman|alice|polly\.(joanna|kendra|kimberly|salli|ivy|amy|emma|nicole|raveena))/i

/**
 * The eSpeak voice for a voice and language of the contract. Voices of other providers degrade to the
 * nearest: the language counts, and man or woman.
 */
export function espeakVoice(voice: string | undefined, language: string | undefined): string {
  const code = (language || languageOfVoice(voice) || 'en-US').toLowerCase()
  // The name goes to a program: nothing but a language code.
  const base = /^([a-z]{2,3})(-|$)/.exec(code)?.[1] ?? 'en'
  const name = renamed[code] ?? base
  const plain = name === 'en' ? 'en-us' : name
  return womanly.test(voice ?? '') ? `${plain}+f3` : plain
}

/** `Google.de-DE-Standard-A` carries its language. */
function languageOfVoice(voice: string | undefined): string | undefined {
  return /^google\.([a-z]{2,3}-[a-z]{2})/i.exec(voice ?? '')?.[1]
}
