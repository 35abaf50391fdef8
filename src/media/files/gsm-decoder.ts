/**
 * GSM full rate, 13 kbit/s: the decoder of ETSI EN 300 961 (GSM 06.10) §5.3, bit for bit. Names of
 * variables are those of the standard. All arithmetic is that of §5.1: 16 bits, saturated.
 */
import { firstFacs, inverseA, larB, larMinimum, longTermGains } from './gsm-tables.js'

/** Parameters of a frame in the order of table 1.1: eight LARc, then seventeen of each sub-frame. */
export const frameParameters = 8 + 4 * 17
export const frameSamples = 160

const saturated = (value: number) => Math.max(-32_768, Math.min(32_767, value))
/** §5.1 mult_r; the one product that overflows is that of two least numbers. */
const multR = (a: number, b: number) =>
  a === -32_768 && b === -32_768 ? 32_767 : (a * b + 16_384) >> 15
/** §5.1: shifts of 16-bit numbers, to the other side when negative. */
const shiftedLeft = (value: number, by: number) => (value << (16 + by)) >> 16
const shiftedRight = (value: number, by: number) =>
  by < 0 ? shiftedLeft(value, -by) : value >> Math.min(by, 15)

export class GsmDecoder {
  /** Reconstructed short-term residual: 120 samples of the past, then those of a sub-frame. */
  readonly #drp = new Int16Array(160)
  readonly #v = new Int16Array(9)
  #larppBefore: Int16Array = new Int16Array(8)
  #nrp = 40
  #msr = 0

  /** Decodes one frame of `frameParameters` codes into `out`, `frameSamples` of it from `at`. */
  decode(codes: Uint8Array, out: Int16Array, at: number): void {
    const wt = new Int16Array(frameSamples)
    for (let subFrame = 0; subFrame < 4; subFrame++) {
      const first = 8 + subFrame * 17
      const erp = residualOf(codes.subarray(first, first + 17))
      this.#predictLongTerm(codes[first] as number, codes[first + 1] as number, erp)
      wt.set(this.#drp.subarray(120), subFrame * 40)
      this.#drp.copyWithin(0, 40)
    }
    const larpp = decodedLars(codes)
    for (const [from, to, before] of interpolation) {
      const rrp = reflectionOf(this.#larppBefore, larpp, before)
      this.#synthesize(rrp, wt.subarray(from, to))
    }
    this.#larppBefore = larpp
    for (const [index, sample] of wt.entries()) {
      // §5.3.5: de-emphasis, upscaling, and truncation to 13 bits.
      this.#msr = saturated(sample + multR(this.#msr, 28_180))
      out[at + index] = saturated(this.#msr * 2) & 0xfff8
    }
  }

  /** §5.3.2: long-term synthesis. A lag that cannot be is that of the sub-frame before. */
  #predictLongTerm(nc: number, bc: number, erp: Int16Array): void {
    if (nc >= 40 && nc <= 120) this.#nrp = nc
    const brp = longTermGains[bc] as number
    const drp = this.#drp
    for (let k = 0; k < 40; k++) {
      const drpp = multR(brp, drp[120 + k - this.#nrp] as number)
      drp[120 + k] = saturated((erp[k] as number) + drpp)
    }
  }

  /** §5.3.4: short-term synthesis filtering, in place. */
  #synthesize(rrp: Int16Array, samples: Int16Array): void {
    const v = this.#v
    for (let k = 0; k < samples.length; k++) {
      let sri = samples[k] as number
      for (let i = 7; i >= 0; i--) {
        const r = rrp[i] as number
        sri = saturated(sri - multR(r, v[i] as number))
        v[i + 1] = saturated((v[i] as number) + multR(r, sri))
      }
      samples[k] = sri
      v[0] = sri
    }
  }
}

/** §5.3.1: RPE decoding. 40 samples of residual from Nc, bc, Mc, xmaxc and 13 xMc. */
function residualOf(codes: Uint8Array): Int16Array {
  const mc = codes[2] as number
  const xmaxc = codes[3] as number
  // §5.2.15: exponent and mantissa of the block maximum.
  let exponent = xmaxc > 15 ? (xmaxc >> 3) - 1 : 0
  let mantissa = xmaxc - (exponent << 3)
  if (mantissa === 0) {
    exponent = -4
    mantissa = 7
  } else {
    while (mantissa <= 7) {
      mantissa = (mantissa << 1) | 1
      exponent--
    }
    mantissa -= 8
  }
  // §5.2.16: inverse quantization; §5.2.17: grid positioning.
  const factor = firstFacs[mantissa] as number
  const shift = 6 - exponent
  const half = shiftedLeft(1, shift - 1)
  const erp = new Int16Array(40)
  for (let i = 0; i < 13; i++) {
    const value = multR(factor, (((codes[4 + i] as number) << 1) - 7) << 12)
    erp[mc + 3 * i] = shiftedRight(saturated(value + half), shift)
  }
  return erp
}

/** §5.2.8: coded log-area ratios to those of the filter. */
function decodedLars(codes: Uint8Array): Int16Array {
  return Int16Array.from(larB, (b, i) => {
    const raw = saturated((((codes[i] as number) + (larMinimum[i] as number)) << 10) - b * 2)
    return saturated(2 * multR(inverseA[i] as number, raw))
  })
}

/** §5.2.9.1: samples of a frame, and how many quarters are of the ratios of the frame before. */
const interpolation = [
  [0, 13, 3],
  [13, 27, 2],
  [27, 40, 1],
  [40, 160, 0],
] as const

function reflectionOf(before: Int16Array, now: Int16Array, quarters: 0 | 1 | 2 | 3): Int16Array {
  return now.map((larpp, i) => {
    const old = before[i] as number
    if (quarters === 0) return reflection(larpp)
    // In the order of the standard: each shift loses its own bits.
    let larp = saturated(
      (old >> quarterShift[quarters].old) + (larpp >> quarterShift[quarters].now),
    )
    if (quarters === 3) larp = saturated(larp + (old >> 1))
    if (quarters === 1) larp = saturated(larp + (larpp >> 1))
    return reflection(larp)
  })
}

const quarterShift = {
  3: { old: 2, now: 2 },
  2: { old: 1, now: 1 },
  1: { old: 2, now: 2 },
} as const

/** §5.2.9.2: a log-area ratio to a reflection coefficient. */
function reflection(larp: number): number {
  const size = larp === -32_768 ? 32_767 : Math.abs(larp)
  const value =
    size < 11_059 ? size << 1 : size < 20_070 ? size + 11_059 : saturated((size >> 2) + 26_112)
  return larp < 0 ? -value : value
}
