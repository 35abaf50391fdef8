/** Writes words so that any engine reads them as `interpret-as` asks for; unknown kinds stay as they are. */
export function sayAs(text: string, as: string, format: string | undefined): string {
  const words = text.replace(/\s+/g, ' ').trim()
  switch (as) {
    case 'characters':
    case 'spell-out':
      return [...words.replaceAll(' ', '')].map(character).join(', ')
    case 'digits':
      return words.replace(/\d/g, '$& ').replace(/ +/g, ' ').trim()
    case 'telephone':
      return telephone(words)
    case 'ordinal':
      return words.replace(/\d+/g, (number) => `${number}${ordinalEnding(Number(number))}`)
    case 'cardinal':
    case 'number':
      return words.replace(/(\d),(?=\d{3}\b)/g, '$1')
    case 'fraction':
      return fraction(words)
    case 'unit':
      return unit(words)
    case 'date':
      return date(words, format)
    case 'time':
      return time(words)
    case 'expletive':
      return 'beep'
    default:
      return words
  }
}

const characterNames: { readonly [character: string]: string } = {
  '.': 'dot',
  '-': 'dash',
  _: 'underscore',
  '@': 'at',
  '#': 'hash',
  '*': 'star',
  '+': 'plus',
  '/': 'slash',
  '&': 'and',
  ',': 'comma',
  ':': 'colon',
}

function character(one: string): string {
  return characterNames[one] ?? one
}

/** Digits in the groups in which the number is written, else in threes with four at the end. */
function telephone(words: string): string {
  const isGrouped = /\d[^\d+]+\d/.test(words)
  const groups = isGrouped
    ? words.split(/[^\d+*#]+/)
    : [words.replace(/[^\d+*#]/g, '').replace(/(\d{3})(?=\d{4})/g, '$1 ')].flatMap((all) =>
        all.split(' '),
      )
  const spelled = groups.filter((group) => group !== '').map((group) => [...group].map(character))
  return spelled.map((group) => group.join(' ')).join(', ')
}

function ordinalEnding(number: number): string {
  const isTeen = number % 100 >= 11 && number % 100 <= 13
  return isTeen ? 'th' : (['th', 'st', 'nd', 'rd'][number % 10] ?? 'th')
}

const parts = ['', '', 'half', 'third', 'quarter']

function fraction(words: string): string {
  return words.replace(
    /(\d{1,9}(?:\s*\+\s*|\s+))?(\d{1,4})\s*\/\s*(\d{1,4})/g,
    (_all, whole, over, under) => {
      const name = parts[Number(under)] || `${under}${ordinalEnding(Number(under))}`
      const many = Number(over) === 1 ? name : name === 'half' ? 'halves' : `${name}s`
      return `${whole === undefined ? '' : `${Number.parseInt(whole, 10)} and `}${over} ${many}`
    },
  )
}

const units: { readonly [unit: string]: string } = {
  km: 'kilometers',
  m: 'meters',
  cm: 'centimeters',
  mm: 'millimeters',
  kg: 'kilograms',
  g: 'grams',
  lb: 'pounds',
  oz: 'ounces',
  ft: 'feet',
  in: 'inches',
  mi: 'miles',
  mph: 'miles per hour',
  'km/h': 'kilometers per hour',
  l: 'liters',
  ml: 'milliliters',
}

function unit(words: string): string {
  // A number is tried from its first digit only: from each the time would grow with the square.
  return words.replace(/(?<![\d.])([\d.]+)\s*([a-z]+(?:\/h)?)\b/gi, (all, number, name) => {
    const known = units[String(name).toLowerCase()]
    if (known === undefined) return all
    return `${number} ${number === '1' ? known.replace(/^feet/, 'foot').replace(/(?<=\w)s\b/, '') : known}`
  })
}

const months =
  'January February March April May June July August September October November December'.split(' ')

/** `format` says the order of month, day and year; `yyyymmdd` needs none, as a year of four digits in front. */
function date(words: string, format: string | undefined): string {
  const compact = /^(\d{4}|\?{4})(\d{2}|\?\?)(\d{2}|\?\?)$/.exec(words)
  const numbers = compact ? compact.slice(1) : words.split(/[^\d?]+/).filter((part) => part !== '')
  const order =
    compact || format === 'yyyymmdd' || numbers[0]?.length === 4 ? 'ymd' : (format ?? 'mdy')
  const named = new Map([...order].map((letter, index) => [letter, numbers[index]]))
  const [year, month, day] = [named.get('y'), named.get('m'), named.get('d')].map((number) =>
    number === undefined || number.includes('?') ? undefined : Number(number),
  )
  const monthName = month === undefined ? undefined : months[month - 1]
  if (month !== undefined && monthName === undefined) return words
  const dayName = day === undefined ? undefined : `${day}${ordinalEnding(day)}`
  const said = [monthName, dayName].filter((part) => part !== undefined).join(' ')
  return (
    [said, year === undefined ? '' : String(year)].filter((part) => part !== '').join(', ') || words
  )
}

/** `1'21"` is a duration; a time of the day any engine reads. */
function time(words: string): string {
  const [, minutes, seconds] = /^(\d{1,3})'(?:(\d{1,2})")?$/.exec(words) ?? []
  if (minutes === undefined) return words
  const count = (number: string, name: string) =>
    `${number} ${name}${Number(number) === 1 ? '' : 's'}`
  const tail = seconds === undefined ? '' : ` ${count(seconds, 'second')}`
  return `${count(minutes, 'minute')}${tail}`
}
