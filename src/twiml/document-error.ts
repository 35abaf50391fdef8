/** A document that cannot be carried out, with the contract's error code (2F.3). */
export interface DocumentError {
  readonly errorCode: number
  readonly message: string
  /** 1-based line of the document, when known. */
  readonly line?: number
}

/** Something odd that does not stop the document: 12200, or what the contract has for it. */
export interface DocumentWarning {
  readonly errorCode: number
  readonly message: string
  readonly line: number
}

/** Ends parsing; never leaves this folder. */
export class DocumentProblem extends Error {
  readonly errorCode: number
  readonly line: number | undefined

  constructor(errorCode: number, message: string, line?: number) {
    super(message)
    this.errorCode = errorCode
    this.line = line
  }
}
