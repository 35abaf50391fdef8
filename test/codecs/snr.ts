/** 16-bit little-endian samples, wherever they begin. */
export function samplesOf(bytes: Uint8Array): Int16Array {
  return new Int16Array(bytes.slice().buffer)
}

/** How far `samples` are from `reference` [dB]; Infinity when they are equal, and -Infinity when not as many. */
export function snrDb(reference: Int16Array, samples: Int16Array): number {
  if (reference.length !== samples.length || reference.length === 0) return -Infinity
  let signal = 0
  let error = 0
  for (const [index, wanted] of reference.entries()) {
    const difference = wanted - (samples[index] ?? 0)
    signal += wanted * wanted
    error += difference * difference
  }
  return error === 0 ? Infinity : 10 * Math.log10(signal / error)
}
