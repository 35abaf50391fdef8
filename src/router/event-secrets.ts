import { withoutUserInfo } from '../base/user-info.js'

/** A document as it may be shown: passwords of nouns and of URLs are left out. */
export function withoutPasswords(text: string): string {
  if (!/password|@/i.test(text)) return text
  return withoutUserInfo(text).replace(
    // The end may have been cut off.
    /(\bpassword"?\s*[=:]\s*)("(?:[^"\\]|\\.)*(?:"|$)|'[^']*(?:'|$))/gi,
    '$1"…"',
  )
}
