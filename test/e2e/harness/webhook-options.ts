import type { Testbed } from './testbed.js'

/** Options, a page of them, or an error: whichever the test expects. */
export interface WebhookOptionsBody {
  readonly sid: string
  readonly phone_number: string | null
  readonly date_created: string
  readonly code: number
  readonly message: string
  readonly next_page_uri: string | null
  readonly webhook_options: readonly { readonly phone_number: string | null }[]
}

/** A request to /dialplane/v1/WebhookOptions; fields may be repeated. */
export async function webhookOptionsRequest(
  { router }: Pick<Testbed, 'router'>,
  path: string,
  form?: readonly (readonly [name: string, value: string])[],
  method = form ? 'POST' : 'GET',
  credentials = `${router.accountSid}:${router.authToken}`,
): Promise<{ readonly status: number; readonly body: WebhookOptionsBody }> {
  const fields = form?.map(([name, value]): [string, string] => [name, value])
  const response = await fetch(`${router.baseUrl}/dialplane/v1/WebhookOptions${path}`, {
    method,
    headers: { Authorization: `Basic ${btoa(credentials)}` },
    ...(fields ? { body: new URLSearchParams(fields) } : {}),
  })
  const text = await response.text()
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) }
}
