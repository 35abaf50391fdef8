/** A request that is refused, in the contract's terms (2F.1, 2F.3). */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: number
  readonly code: number

  constructor(status: number, code: number, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

export const apiErrors = {
  unauthenticated: () => new ApiError(401, 20003, 'Authenticate'),
  forbidden: () => new ApiError(403, 20003, 'These credentials may not act on this account'),
  notFound: (path: string) =>
    new ApiError(404, 20404, `The requested resource ${path} was not found`),
  methodNotAllowed: (method: string, path: string) =>
    new ApiError(405, 20004, `Method ${method} is not allowed for ${path}`),
  tooLarge: (bytesMax: number) =>
    new ApiError(413, 20001, `The request body is larger than ${bytesMax} bytes`),
  invalid: (code: number, message: string) => new ApiError(400, code, message),
}

/** What an error says to the client; the numbers of `more_info` are sections of our own page. */
export function presentError(error: ApiError, baseUrl: string) {
  return {
    code: error.code,
    message: error.message,
    more_info: `${baseUrl}/docs/errors#${error.code}`,
    status: error.status,
  }
}
