import twilio from 'twilio'
import { expect } from 'vitest'

const { RestException } = twilio

/** What the official client says of a request that is refused. */
export async function refusal(work: Promise<unknown>): Promise<{ status: number; code?: number }> {
  const error = await work.then(
    () => undefined,
    (reason) => reason,
  )
  expect(error).toBeInstanceOf(RestException)
  const { status, code } = error as InstanceType<typeof RestException>
  return code === undefined ? { status } : { status, code }
}
