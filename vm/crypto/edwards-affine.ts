// Affine Edwards points in bulk: many sums with one shared inversion. Variable time, for public or local data.
import { ed25519 } from '@noble/curves/ed25519.js'
import { modulo } from './integer.ts'

const { Fp } = ed25519.Point
const P = Fp.ORDER
const { d: D } = ed25519.Point.CURVE()

/** Affine coordinates, index by index. */
export type AffinePoints = { readonly x: bigint[]; readonly y: bigint[] }

/** Replaces each value by its inverse; none may be zero (Montgomery's trick). */
function invertAll(values: bigint[]): void {
  const prefix = new Array<bigint>(values.length)
  let product = 1n
  values.forEach((value, i) => {
    prefix[i] = product
    product = (product * value) % P
  })
  let inverse = Fp.inv(product)
  for (let i = values.length - 1; i >= 0; i--) {
    const value = values[i] ?? 1n
    values[i] = ((prefix[i] ?? 1n) * inverse) % P
    inverse = (inverse * value) % P
  }
}

/** 1·point to count·point, going on from those that are known; each pass adds the highest multiple so far to all of them. */
export function multiplesOf(
  point: { x: bigint; y: bigint },
  count: number,
  known: AffinePoints = { x: [point.x], y: [point.y] },
): AffinePoints {
  const x = [...known.x]
  const y = [...known.y]
  while (x.length < count) {
    const size = Math.min(x.length, count - x.length)
    const stepX = x.at(-1) ?? 0n
    const stepY = y.at(-1) ?? 1n
    const xx: bigint[] = []
    const yy: bigint[] = []
    const inverses: bigint[] = []
    for (let i = 0; i < size; i++) {
      const px = ((x[i] ?? 0n) * stepX) % P
      const py = ((y[i] ?? 0n) * stepY) % P
      const dxy = (((px * py) % P) * D) % P
      // (x1 + y1)(x2 + y2) - x1·x2 - y1·y2, the numerator of the x coordinate.
      xx.push(((x[i] ?? 0n) + (y[i] ?? 0n)) * (stepX + stepY) - px - py)
      yy.push(px + py)
      inverses.push(1n + dxy, P + 1n - dxy)
    }
    invertAll(inverses)
    for (let i = 0; i < size; i++) {
      x.push(((xx[i] ?? 0n) * (inverses[2 * i] ?? 1n)) % P)
      y.push(((yy[i] ?? 0n) * (inverses[2 * i + 1] ?? 1n)) % P)
    }
  }
  return { x, y }
}

/** The y coordinates of target + step and target − step, in that order, for the steps from index `from` up to `to`. */
export function yAround(
  target: { x: bigint; y: bigint },
  steps: AffinePoints,
  span: { readonly from: number; readonly to: number },
): bigint[] {
  const numerators: bigint[] = []
  const inverses: bigint[] = []
  for (let i = span.from; i < span.to; i++) {
    const px = (target.x * (steps.x[i] ?? 0n)) % P
    const py = (target.y * (steps.y[i] ?? 1n)) % P
    const dxy = (((px * py) % P) * D) % P
    numerators.push(py + px, py - px)
    inverses.push(P + 1n - dxy, 1n + dxy)
  }
  invertAll(inverses)
  return numerators.map((value, i) => modulo(value * (inverses[i] ?? 1n), P))
}
