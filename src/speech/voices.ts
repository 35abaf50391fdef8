/** Languages of the contract whose code differs from eSpeak's name of its voice. */
const renamed: { readonly [language: string]: string } = {
  'en-us': 'en-us',
  'en-gb': 'en-gb',
  'en-ie': 'en-gb',
  'cy-gb': 'cy',
  'pt-br': 'pt-br',
  'fr-be': 'fr-be',
  'zh-hk': 'yue',
  'fil-ph': 'id',
  'gl-es': 'pt',
  'jv-id': 'id',
  'su-id': 'id',
  'zu-za': 'sw',
}

/** Families whose code is not that of a voice. */
const renamedBase: { readonly [language: string]: string } = {
  zh: 'cmn',
  arb: 'ar',
  nar: 'ar',
  no: 'nb',
  in: 'id',
  iw: 'he',
}

/** Spanish of the Americas. */
const american = /^es-(419|mx|us|ar|bo|cl|co|cr|do|ec|gt|hn|ni|pa|pe|pr|py|sv|uy|ve)$/

/** Amazon's voices by language, women first; the language goes by the name when none is given. */
const polly: { readonly [language: string]: readonly [women: string, men: string] } = {
  'ar-AE': ['hala', 'zayd'],
  arb: ['zeina', ''],
  'ca-ES': ['arlet', ''],
  'cmn-CN': ['zhiyu', ''],
  'cy-GB': ['gwyneth', ''],
  'da-DK': ['naja sofie', 'mads'],
  'de-AT': ['hannah', ''],
  'de-DE': ['marlene vicki', 'hans daniel'],
  'en-AU': ['nicole olivia', 'russell'],
  'en-GB': ['amy emma', 'brian arthur geraint'],
  'en-IE': ['niamh', ''],
  'en-IN': ['aditi raveena kajal', ''],
  'en-NZ': ['aria', ''],
  'en-US': [
    'ivy joanna kendra kimberly salli ruth danielle',
    'joey justin kevin matthew stephen gregory',
  ],
  'en-ZA': ['ayanda', ''],
  'es-ES': ['conchita lucia', 'enrique sergio'],
  'es-MX': ['mia', 'andres'],
  'es-US': ['lupe penelope', 'miguel pedro'],
  'fi-FI': ['suvi', ''],
  'fr-BE': ['isabelle', ''],
  'fr-CA': ['chantal gabrielle', 'liam'],
  'fr-FR': ['celine lea', 'mathieu remi'],
  'is-IS': ['dora', 'karl'],
  'it-IT': ['bianca carla', 'giorgio adriano'],
  'ja-JP': ['mizuki tomoko kazuha', 'takumi'],
  'ko-KR': ['seoyeon', ''],
  'nb-NO': ['liv ida', ''],
  'nl-BE': ['lisa', ''],
  'nl-NL': ['lotte laura', 'ruben'],
  'pl-PL': ['ewa maja ola', 'jacek jan'],
  'pt-BR': ['camila vitoria', 'ricardo thiago'],
  'pt-PT': ['ines', 'cristiano'],
  'ro-RO': ['carmen', ''],
  'ru-RU': ['tatyana', 'maxim'],
  'sv-SE': ['astrid elin', ''],
  'tr-TR': ['filiz burcu', ''],
  'yue-CN': ['hiujin', ''],
}

interface KnownVoice {
  readonly language: string
  readonly isWoman: boolean
}

const pollyVoices: ReadonlyMap<string, KnownVoice> = new Map(
  Object.entries(polly).flatMap(([language, names]) =>
    names.flatMap((list, index) =>
      list
        .split(' ')
        .filter((name) => name !== '')
        .map((name) => [name, { language, isWoman: index === 0 }] as const),
    ),
  ),
)

/** Google's newer voices have names, the older ones letters, of which these are men's in most languages. */
const googleMen = /-(charon|fenrir|orus|puck|[bdij])$/i

/**
 * The eSpeak voice for a voice and language of the contract. Voices of other providers degrade to the
 * nearest: the language counts, and man or woman. The engine itself degrades to English for a language
 * that it has not.
 */
export function espeakVoice(voice: string | undefined, language: string | undefined): string {
  const known = knownVoice(voice?.trim() ?? '')
  const code = (language?.trim() || known?.language || 'en-US').toLowerCase()
  // The name goes to a program: nothing but a language code.
  const [, base = 'en'] = /^([a-z]{2,3})(-|$)/.exec(code) ?? []
  const name = american.test(code) ? 'es-419' : (renamed[code] ?? renamedBase[base] ?? base)
  const plain = name === 'en' ? 'en-us' : name
  return known?.isWoman ? `${plain}+f3` : plain
}

/** Who speaks, as far as the name tells; undefined: as the engine does. */
function knownVoice(
  voice: string,
): { readonly language: string | undefined; readonly isWoman: boolean } | undefined {
  if (/^(woman|alice)$/i.test(voice)) return { language: undefined, isWoman: true }
  const [, pollyName] = /^polly\.(\w+)/i.exec(voice) ?? []
  if (pollyName !== undefined) return pollyVoices.get(plainName(pollyName))
  const [, googleLanguage] = /^google\.([a-z]{2,3}-[a-z]{2})-/i.exec(voice) ?? []
  if (googleLanguage === undefined) return undefined
  return { language: googleLanguage, isWoman: !googleMen.test(voice) }
}

/** `Penélope` is also written so. */
function plainName(name: string): string {
  return name.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()
}
