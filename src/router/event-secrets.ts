/** `https://user:password@host` in any text, without the user and the password. */
export function withoutUserInfo(text: string): string {
  if (!text.includes('@') || !text.includes('://')) return text
  return text.replace(/(\bhttps?:\/\/)[^\s/?#"'<>@]*(?:@[^\s/?#"'<>@]*)*@/gi, '$1')
}

/** A document as it may be shown: passwords of nouns and of URLs are left out. */
export function withoutPasswords(text: string): string {
  if (!/password|@/i.test(text)) return text
  return withoutUserInfo(text).replace(
    // The end may have been cut off.
    /(\bpassword"?\s*[=:]\s*)("(?:[^"\\]|\\.)*(?:"|$)|'[^']*(?:'|$))/gi,
    '$1"…"',
  )
}
