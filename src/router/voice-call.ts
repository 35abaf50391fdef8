import type { CallRecord } from '../call/call-record.js'
import type { VoiceCall } from '../webhook/voice-parameters.js'

/** A call as its webhooks describe it. */
export function voiceCallOf(call: CallRecord): VoiceCall {
  return {
    sid: call.sid,
    accountSid: call.accountSid,
    from: call.from,
    to: call.to,
    status: call.status,
    direction: call.direction,
    parentCallSid: call.parentCallSid,
    forwardedFrom: call.forwardedFrom,
    callerName: call.callerName,
    sipCallId: call.sip?.callId,
    sipSourceIp: call.sip?.sourceIp,
    sipDomain: call.sip?.domain,
    sipDomainSid: call.sip?.domainSid,
    sipHeaders: call.sip?.headers,
  }
}
