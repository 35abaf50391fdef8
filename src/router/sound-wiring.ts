import { availableParallelism } from 'node:os'
import type { Logger } from 'pino'
import { MediaHub } from '../call/media-hub.js'
import { createMediaPlane } from '../media/create.js'
import { createAudioFiles } from '../media/files/decode.js'
import { RecordingCopies } from '../media/files/recording-copies.js'
import type { MediaPlane } from '../media/port.js'
import type { Closers } from './closers.js'
import type { Config } from './config.js'
import type { DataDirectory } from './data-directory.js'
import { chooseSpeech } from './speech-choice.js'

/** Recordings as MP3, or with their channels mixed. */
const copiesBytesMax = 512_000_000

/** The media plane and the voice. */
export async function openSound(
  config: Config,
  log: Logger,
  directory: DataDirectory,
  closers: Closers,
) {
  let hub: MediaHub | undefined
  const planeConfig = {
    portMin: config.rtp.portMin,
    portMax: config.rtp.portMax,
    threads: config.mediaThreads ?? Math.max(1, availableParallelism() - 1),
    endpointsMax: config.callsMax * 2,
  }
  const plane: MediaPlane = await createMediaPlane(config.mediaCore, planeConfig, (event) =>
    hub?.handle(event),
  )
  closers.add(() => plane.close())
  hub = new MediaHub(plane)
  const speech = chooseSpeech(log)
  if (speech) closers.add(() => speech.close())
  const files = createAudioFiles()
  closers.add(() => files.close())
  const copies = new RecordingCopies(directory.copiesPath, copiesBytesMax)
  closers.add(() => copies.close())
  return { plane, hub, speech, files, copies }
}
