/** One challenge of WWW-Authenticate: its scheme in lower case, and its parameters by such names. */
export interface Challenge {
  readonly scheme: string
  readonly params: ReadonlyMap<string, string>
}

const challengesMax = 16
const headerCharsMax = 8_192

const gap = /[\s,]*/y
const token = /[!#$%&'*+.^`|~\w-]+/y
const equals = /[ \t]*=[ \t]*/y
const quotedString = /"((?:[^"\\]|\\.)*)"/y
const plainValue = /[^\s,"]*/y
/** RFC 9110 §11.2: what follows a scheme instead of parameters. */
const token68 = /[ \t]+[\w.~+/-]+=*[ \t]*(?=,|$)/y

/** RFC 9110 §11.6.1: several challenges may share a header. What is malformed ends its list. */
export function parseChallenges(headers: readonly string[]): Challenge[] {
  const challenges: Challenge[] = []
  for (const header of headers) {
    if (header.length <= headerCharsMax) parseHeader(header, challenges)
  }
  return challenges
}

function parseHeader(header: string, challenges: Challenge[]): void {
  let at = 0
  const take = (pattern: RegExp) => {
    pattern.lastIndex = at
    const match = pattern.exec(header)
    if (match) at = pattern.lastIndex
    return match
  }
  let params: Map<string, string> | undefined
  for (take(gap); at < header.length; take(gap)) {
    const name = take(token)?.[0].toLowerCase()
    if (name === undefined) return
    if (params && take(equals)) {
      const quoted = take(quotedString)
      const value = quoted ? quoted[1]?.replace(/\\(.)/g, '$1') : take(plainValue)?.[0]
      params.set(name, value ?? '')
      continue
    }
    if (challenges.length >= challengesMax) return
    params = new Map()
    challenges.push({ scheme: name, params })
    take(token68)
  }
}
