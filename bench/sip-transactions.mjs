// npm run bench -- sip-transactions: whole calls between two engines without sockets: INVITE, 100, 180, 200,
// ACK, BYE, 200. Each call is two transactions, and each of them has a client and a server here.
import { pair, sdp } from './sip-pair.mjs'

const callCount = Number(process.env.BENCH_CALLS ?? 50_000)
const { caller, callee, step, sizes } = pair({
  onInvited(host, legId) {
    step(host, { type: 'progress', legId, status: 180 })
    step(host, { type: 'accept', legId, sdp })
  },
  onConfirmed: (host, legId) => step(host, { type: 'hangUp', legId }),
})
const startMs = performance.now()
for (let index = 0; index < callCount; index++) {
  caller.call(`${index}`)
  caller.wait(0.5)
}
const seconds = (performance.now() - startMs) / 1000
caller.wait(64_000)
if (caller.ended + callee.ended !== 2 * callCount) throw new Error('not every call ended')
if (sizes().some((size) => size !== 0)) throw new Error(`left: ${sizes()}`)
const perSecond = callCount / seconds
console.log(
  `${Math.round(perSecond)} calls/s, ${Math.round(2 * perSecond)} transactions/s, both ends of each in one thread`,
)
