/** The modified Bessel function of the first kind and order 0, of which Kaiser windows are made. */
export function bessel(x: number): number {
  let term = 1
  let sum = 1
  for (let k = 1; k < 40; k++) {
    term *= (x / (2 * k)) ** 2
    sum += term
  }
  return sum
}
