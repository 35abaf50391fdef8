export interface SpeakRequest {
  readonly id: number
  readonly text: string
  readonly voice: string
}

export type SpeakReply =
  | { readonly type: 'ready' }
  | {
      readonly type: 'spoken'
      readonly id: number
      readonly samples: Int16Array
      readonly sampleRateHz: number
    }
  | { readonly type: 'failed'; readonly id: number; readonly message: string }
