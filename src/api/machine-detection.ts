import { z } from 'zod'
import type { CallMachineDetection } from '../call/machine-detection.js'
import { boolean, integer, method, webUrl } from './parameters.js'

/** Limits and defaults are those of the contract (2B.4 Number). */
export const machineDetectionSettings = {
  MachineDetection: z.enum(['Enable', 'DetectMessageEnd']).optional(),
  MachineDetectionTimeout: integer(3, 60).default(30),
  MachineDetectionSpeechThreshold: integer(1_000, 6_000).default(2_400),
  MachineDetectionSpeechEndThreshold: integer(500, 5_000).default(1_200),
  MachineDetectionSilenceTimeout: integer(2_000, 10_000).default(5_000),
}

/** Of a call that is created. */
export const machineDetectionParameters = {
  ...machineDetectionSettings,
  AsyncAmd: boolean.default(false),
  AsyncAmdStatusCallback: webUrl.optional(),
  AsyncAmdStatusCallbackMethod: method.default('POST'),
}

const schema = z.object({ ...machineDetectionParameters, SendDigits: z.string().optional() })

/** Digits that are sent after the answer leave nothing to listen for. */
export function machineDetectionOf(
  wanted: z.output<typeof schema>,
): CallMachineDetection | undefined {
  const { MachineDetection: mode, AsyncAmdStatusCallback: url } = wanted
  if (mode === undefined || wanted.SendDigits) return undefined
  return {
    isUntilEnd: mode === 'DetectMessageEnd',
    isAsync: wanted.AsyncAmd,
    timeoutMs: wanted.MachineDetectionTimeout * 1_000,
    speechThresholdMs: wanted.MachineDetectionSpeechThreshold,
    speechEndThresholdMs: wanted.MachineDetectionSpeechEndThreshold,
    silenceTimeoutMs: wanted.MachineDetectionSilenceTimeout,
    statusCallback: url ? { url, method: wanted.AsyncAmdStatusCallbackMethod } : undefined,
  }
}
