/** Tables 5.1 to 5.4 and 5.6 of ETSI EN 300 961 (GSM 06.10). */

/** Table 5.1: offsets of the log-area ratios. */
export const larB = [0, 0, 2_048, -2_560, 94, -1_792, -341, -1_144]
/** Table 5.1: the least code of each, with its sign. */
export const larMinimum = [-32, -32, -16, -16, -8, -8, -4, -4]
/** Table 5.2: 1/A of each. */
export const inverseA = [13_107, 13_107, 13_107, 13_107, 19_223, 17_476, 31_454, 29_708]
/** Table 5.3b: gains of the long-term prediction. */
export const longTermGains = [3_277, 11_469, 21_299, 32_767]
/** Table 5.6: normalized factors of the inverse quantization. */
export const firstFacs = [18_431, 20_479, 22_527, 24_575, 26_623, 28_671, 30_719, 32_767]

const subFrameBits = [7, 2, 2, 6, ...Array<number>(13).fill(3)]
/** Table 1.1: bits of each parameter of a frame, 260 together. */
export const parameterBits = [
  ...[6, 6, 5, 5, 4, 4, 3, 3],
  ...subFrameBits,
  ...subFrameBits,
  ...subFrameBits,
  ...subFrameBits,
]
