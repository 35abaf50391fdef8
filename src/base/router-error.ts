/**
 * An operation that failed. `code` is stable for programs; `errorCode` is the number that the external
 * contract gives the failure (contract 2F.3), sent to applications as ErrorCode.
 */
export class RouterError extends Error {
  override readonly name: string = 'RouterError'
  readonly code: string
  readonly errorCode: number

  constructor(code: string, errorCode: number, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.errorCode = errorCode
  }
}
