import { z } from 'zod'
import { bodyCharactersMax } from '../message/messages.js'
import { boolean, integer, method, webUrl } from './parameters.js'

/** A text may be sent so much later (contract 2F.2: ScheduleType, SendAt). */
const sendLater = z
  .string()
  .refine((text) => !Number.isNaN(Date.parse(text)), 'must be an ISO 8601 time')
  .transform((text) => Date.parse(text))

export const createMessageSchema = z.object({
  Body: z.string().max(bodyCharactersMax, `may have ${bodyCharactersMax} characters`).optional(),
  MessagingServiceSid: z
    .string()
    .regex(/^(MG[0-9a-f]{32})?$/, 'must be MG and 32 hex digits')
    .optional(),
  StatusCallback: webUrl.optional(),
  ValidityPeriod: integer(1, 36_000).optional(),
  ScheduleType: z.enum(['fixed']).optional(),
  SendAt: sendLater.optional(),
  SmartEncoded: boolean.optional(),
  ProvideFeedback: boolean.optional(),
  Attempt: integer(1, 1_000).optional(),
  Method: method.optional(),
  ApplicationSid: z.string().max(64).optional(),
  ContentRetention: z.enum(['retain', 'discard']).default('retain'),
  AddressRetention: z.enum(['retain', 'obfuscate']).default('retain'),
})

export const createMessageCodes = { Body: 21617, StatusCallback: 21609, ApplicationSid: 21218 }

/** Somebody reports that it has arrived, unless told otherwise. */
export const feedbackSchema = z.object({
  Outcome: z.enum(['confirmed', 'unconfirmed']).default('confirmed'),
})

export const updateMessageSchema = z.object({
  Body: z.literal('', 'may only be emptied').optional(),
  Status: z.enum(['canceled']).optional(),
})
