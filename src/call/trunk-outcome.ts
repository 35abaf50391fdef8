/** What an INVITE to a gateway came to. */
export type AttemptOutcome =
  | { readonly type: 'answered' }
  /** `isLocal`: nobody answered, the status is our own (RFC 3261 §8.1.3.1). */
  | { readonly type: 'refused'; readonly status: number; readonly isLocal: boolean }
  /** No response but 100 in the time that it has. */
  | { readonly type: 'silent' }
  /** The caller gave up. */
  | { readonly type: 'canceled' }

/**
 * Whether another gateway may reach who this one did not. 5xx, 408 and 430 (RFC 5626 §11.4) are about
 * the way there, and 401 and 407 about us: a gateway that does not take our password says nothing of
 * the number. Other 4xx and 6xx are about the callee, also 480: carriers send it for a phone that is
 * switched off, which no other carrier will find switched on.
 */
export function mayTryAnother(status: number, isLocal: boolean): boolean {
  if (isLocal || (status >= 500 && status < 600)) return true
  return [401, 407, 408, 430].includes(status)
}

/** Whether it shows that the gateway serves nobody just now; undefined: it shows nothing. */
export function isFailureOfGateway(outcome: AttemptOutcome): boolean | undefined {
  if (outcome.type === 'canceled') return undefined
  if (outcome.type !== 'refused') return outcome.type === 'silent'
  return outcome.isLocal || outcome.status === 503 || outcome.status === 430
}
