/** What the driver and its worker say to each other. Batches are those of records.ts. */
import type { MediaPlaneConfig, OpenedEndpoint, OpenOptions, PlaneStats } from '../port.js'

export type ToWorker =
  | { readonly type: 'start'; readonly config: MediaPlaneConfig }
  | { readonly type: 'commands'; readonly batch: Uint8Array }
  | { readonly type: 'open'; readonly token: number; readonly options: OpenOptions }
  | {
      readonly type: 'loadPrompt'
      readonly token: number
      readonly samples: Int16Array
      readonly sampleRateHz: number
    }
  | { readonly type: 'openMixer'; readonly token: number }
  | { readonly type: 'releasePrompt'; readonly promptId: number }
  | {
      readonly type: 'resample'
      readonly token: number
      readonly samples: Int16Array
      readonly fromHz: number
      readonly toHz: number
    }
  | { readonly type: 'stats'; readonly token: number }
  | { readonly type: 'close'; readonly token: number }

export type AnswerValue = OpenedEndpoint | number | Int16Array | PlaneStats | undefined

export type FromWorker =
  | { readonly type: 'started' }
  | { readonly type: 'failed'; readonly reason: string }
  | { readonly type: 'events'; readonly batch: Uint8Array }
  | { readonly type: 'answer'; readonly token: number; readonly value: AnswerValue }
  | { readonly type: 'refusal'; readonly token: number; readonly reason: string }
