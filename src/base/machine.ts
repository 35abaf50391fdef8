/**
 * A protocol machine that performs no I/O: it is handed inputs together with the time, and appends
 * what should happen to `out`. It never throws for what a peer sent, and never awaits.
 */
export interface Machine<Input, Output> {
  handle(input: Input, nowMs: number, out: Output[]): void
  /** When the machine wants a `timeout` input [ms, same clock as nowMs]; Infinity: nothing is pending. */
  readonly deadlineMs: number
}
