import { z } from 'zod'
import { sizeMaxLimit } from '../call/queues.js'
import { integer, method, webUrl } from './parameters.js'

export const queueSchema = z.object({
  FriendlyName: z
    .string()
    .trim()
    .min(1, 'must have 1 to 64 characters')
    .max(64, 'must have 1 to 64 characters')
    .optional(),
  MaxSize: integer(1, sizeMaxLimit).optional(),
})

export const memberSchema = z.object({
  Url: webUrl.min(1, 'is required'),
  Method: method.default('POST'),
})
