import { Counter, Gauge, type Registry } from 'prom-client'

/** What the media plane has counted since it began; `latenessCounts` by `latenessLimitsMs`. */
export interface MediaFigures {
  readonly endpoints: number
  readonly prompts: number
  readonly packetsReceived: number
  readonly packetsSent: number
  readonly packetsDropped: number
  /** [samples] */
  readonly recorderOverruns: number
  readonly moves: number
  readonly audioFramesLost: number
  readonly eventsLost: number
  readonly latenessCounts: readonly number[]
}

const latenessLimitsMs = ['1', '2', '5', '10', '20', '50', '+Inf']

const counters = [
  ['packets_received_total', 'RTP packets accepted', 'packetsReceived'],
  ['packets_sent_total', 'RTP packets sent', 'packetsSent'],
  ['packets_dropped_total', 'Packets refused: not RTP, or from a stranger', 'packetsDropped'],
  ['recorder_overrun_samples_total', 'Samples recorded as silence', 'recorderOverruns'],
  ['moves_total', 'Legs that changed their media thread', 'moves'],
  ['audio_frames_lost_total', 'Frames of live audio that nobody took in time', 'audioFramesLost'],
  ['events_lost_total', 'Events that found no room', 'eventsLost'],
] as const

/** Asks the media plane whenever the registry is read; it keeps the figures anyway. */
export function addMediaMetrics(registry: Registry, read: () => Promise<MediaFigures>): void {
  // All metrics of one scrape share one answer.
  let asked: Promise<MediaFigures> | undefined
  const figures = () => {
    asked ??= read().finally(() => {
      asked = undefined
    })
    return asked
  }
  const registers = [registry]
  for (const [name, help, figure] of counters) {
    new Counter({
      ...{ name: `dialplane_media_${name}`, help, registers },
      async collect() {
        const value = (await figures())[figure]
        this.reset()
        this.inc(value)
      },
    })
  }
  for (const [name, help] of [
    ['endpoints', 'RTP endpoints open'],
    ['prompts', 'Prompts in memory'],
  ] as const) {
    new Gauge({
      ...{ name: `dialplane_media_${name}`, help, registers },
      async collect() {
        this.set((await figures())[name])
      },
    })
  }
  new Counter({
    name: 'dialplane_media_ticks_total',
    help: 'Turns of the media threads, by how late they were at most [ms]',
    labelNames: ['late_ms'],
    registers,
    async collect() {
      const { latenessCounts } = await figures()
      this.reset()
      for (const [index, limit] of latenessLimitsMs.entries()) {
        this.inc({ late_ms: limit }, latenessCounts[index] ?? 0)
      }
    },
  })
}
