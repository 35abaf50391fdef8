import { RouterError } from '../base/router-error.js'
import type { ApiContext } from './answer.js'
import { ApiError, apiErrors } from './api-error.js'

const refusals: { readonly [errorCode: number]: number } = { 20429: 429, 20500: 500, 20503: 503 }

/** A command that conferences or calls refused becomes an error of REST. */
export async function conferenceCommanded<Value>(
  context: ApiContext,
  done: Promise<Value>,
): Promise<Value> {
  try {
    return await done
  } catch (error) {
    if (!(error instanceof RouterError)) throw error
    if (error.errorCode === 20404) throw apiErrors.notFound(context.path)
    throw new ApiError(refusals[error.errorCode] ?? 400, error.errorCode, error.message)
  }
}
