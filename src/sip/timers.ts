/** Timer values of RFC 3261 table 4 (§17) and RFC 6026 §8 [ms]. */
export const t1Ms = 500
export const t2Ms = 4000
export const t4Ms = 5000
/** Timers B, F, H, J, L, M and the wait for an ACK. */
export const giveUpMs = 64 * t1Ms
/** Timer D: how long an INVITE client absorbs final responses, unreliable transports. */
export const absorbInviteMs = 32_000
export const never = Number.POSITIVE_INFINITY
