import { CookieJar } from 'tough-cookie'

/**
 * One cookie jar per call (contract 2D): what an application sets on one request comes back on the
 * next of the same call. Bounded: the oldest jar goes when `jarsMax` is reached.
 */
export class CookieJars {
  readonly #jars = new Map<string, CookieJar>()
  readonly #jarsMax: number

  constructor(jarsMax: number) {
    this.#jarsMax = jarsMax
  }

  async header(callSid: string, url: string): Promise<string> {
    return (await this.#jars.get(callSid)?.getCookieString(url)) ?? ''
  }

  async store(
    callSid: string,
    url: string,
    setCookie: string | string[] | undefined,
  ): Promise<void> {
    if (setCookie === undefined) return
    const jar = this.#jars.get(callSid) ?? this.#add(callSid)
    for (const cookie of [setCookie].flat().slice(0, 50)) {
      await jar.setCookie(cookie, url, { ignoreError: true })
    }
  }

  drop(callSid: string): void {
    this.#jars.delete(callSid)
  }

  #add(callSid: string): CookieJar {
    if (this.#jars.size >= this.#jarsMax) {
      const [oldest] = this.#jars.keys()
      if (oldest !== undefined) this.#jars.delete(oldest)
    }
    const jar = new CookieJar(undefined, { rejectPublicSuffixes: false, looseMode: true })
    this.#jars.set(callSid, jar)
    return jar
  }
}
