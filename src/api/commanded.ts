import { RouterError } from '../base/router-error.js'
import { ApiError, apiErrors } from './api-error.js'

const refusals: { readonly [errorCode: number]: number } = {
  ...{ 20009: 409, 20429: 429, 20500: 500, 20503: 503 },
}

/** A command that calls or conferences refused becomes an error of REST; `path` is what was asked for. */
export async function commanded<Value>(path: string, done: Promise<Value>): Promise<Value> {
  try {
    return await done
  } catch (error) {
    if (!(error instanceof RouterError)) throw error
    if (error.errorCode === 20404) throw apiErrors.notFound(path)
    throw new ApiError(refusals[error.errorCode] ?? 400, error.errorCode, error.message)
  }
}
