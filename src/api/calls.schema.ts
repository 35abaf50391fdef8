import { z } from 'zod'
import { recordingParameters } from './call-recordings.js'
import { machineDetectionParameters } from './machine-detection.js'
import { boolean, integer, method, webUrl } from './parameters.js'

const twiml = z.string().max(4_000, 'may have at most 4000 characters')

export const createCallSchema = z.object({
  Url: webUrl.optional(),
  Twiml: twiml.optional(),
  ApplicationSid: z.string().optional(),
  Method: method.default('POST'),
  FallbackUrl: webUrl.optional(),
  FallbackMethod: method.default('POST'),
  StatusCallback: webUrl.optional(),
  StatusCallbackMethod: method.default('POST'),
  SendDigits: z
    .string()
    .regex(/^[0-9A-Da-d#*wW]{0,32}$/, 'may hold at most 32 of 0-9 A-D # * w W')
    .optional(),
  Timeout: integer(0, 600).default(60),
  TimeLimit: integer(1, 86_400).optional(),
  /** Shown to who is called in the place of From. */
  CallerId: z.string().optional(),
  SipAuthUsername: z.string().max(256).optional(),
  SipAuthPassword: z.string().max(256).optional(),
  Record: boolean.default(false),
  ...recordingParameters,
  Trim: z.enum(['trim-silence', 'do-not-trim']).default('trim-silence'),
  ...machineDetectionParameters,
})

/** The code of a parameter that is not valid, where the contract has one of its own. */
export const createCallCodes = {
  Url: 21205,
  Method: 21209,
  FallbackMethod: 21209,
  StatusCallbackMethod: 21209,
  AsyncAmdStatusCallbackMethod: 21209,
  Timeout: 21208,
}

export const updateCallSchema = z.object({
  Url: webUrl.optional(),
  Twiml: twiml.optional(),
  Method: method.default('POST'),
  Status: z.enum(['canceled', 'completed']).optional(),
  FallbackUrl: webUrl.optional(),
  FallbackMethod: method.default('POST'),
  StatusCallback: webUrl.optional(),
  StatusCallbackMethod: method.default('POST'),
  TimeLimit: integer(1, 86_400).optional(),
  // Ours: what becomes of the instruction that runs (checklist G24, G25).
  RedirectWhen: z.enum(['now', 'next']).default('now'),
  PassState: boolean.default(false),
})

export const updateCallCodes = {
  Url: 21205,
  Method: 21209,
  FallbackMethod: 21209,
  StatusCallbackMethod: 21209,
}
