/** `https://user:password@host` in any text, without the user and the password. */
export function withoutUserInfo(text: string): string {
  if (!text.includes('@') || !text.includes('://')) return text
  return text.replace(/(\bhttps?:\/\/)[^\s/?#"'<>@]*(?:@[^\s/?#"'<>@]*)*@/gi, '$1')
}
