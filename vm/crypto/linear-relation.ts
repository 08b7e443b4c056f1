// Systems of equations that are linear in secret scalars: representation, checks and bytes of draft-irtf-cfrg-sigma-protocols-03.
import { assert } from '../assert.ts'
import { concat } from '../bytes.ts'
import type { Group } from './group.ts'
import { encodeLittleEndian, modulo } from './integer.ts'

/** coefficient · element. */
export type ImageTerm = { readonly element: number; readonly coefficient: bigint }
/** coefficient · secret scalar · element. */
export type Term = ImageTerm & { readonly scalar: number }
/** Σ image = Σ terms. */
export type Equation = { readonly image: readonly ImageTerm[]; readonly terms: readonly Term[] }

/** A statement; the element with index 0 is the generator of the group. */
export type Instance<P> = {
  readonly elements: readonly P[]
  readonly equations: readonly Equation[]
}

/** One more than the largest scalar index. */
export function scalarCount(equations: readonly Equation[]): number {
  let last = -1
  for (const { terms } of equations) for (const { scalar } of terms) last = Math.max(last, scalar)
  return last + 1
}

/** Draft section "Instance validation", checks 1 to 6: what depends on the indices alone. */
export function areValidEquations(equations: readonly Equation[], elements: number): boolean {
  const usedElements = new Set<number>()
  const usedScalars = new Set<number>()
  for (const { image, terms } of equations) {
    if (image.length === 0 || terms.length === 0) return false
    for (const { element } of [...image, ...terms]) usedElements.add(element)
    for (const { scalar } of terms) usedScalars.add(scalar)
  }
  for (const element of usedElements) if (element >= elements) return false
  for (let i = 1; i < elements; i++) if (!usedElements.has(i)) return false
  for (let i = 0; i < scalarCount(equations); i++) if (!usedScalars.has(i)) return false
  return equations.length > 0 && elements > 0
}

/** Weighted sum of elements of an instance, each element once; public data only. */
export function combineElements<P>(
  group: Group<P>,
  instance: Instance<P>,
  weighted: readonly ImageTerm[],
): P {
  const sums = new Map<number, bigint>()
  for (const { element, coefficient } of weighted)
    sums.set(element, modulo((sums.get(element) ?? 0n) + coefficient, group.order))
  return group.combine(
    [...sums.keys()].map((index) => elementAt(instance, index)),
    [...sums.values()],
  )
}

/** The element with that index, which the checks have found to be there. */
export function elementAt<P>(instance: Instance<P>, index: number): P {
  const element = instance.elements[index]
  assert(element !== undefined, 'every index has an element')
  return element
}

/** Whether the weighted sum is the identity; one term of a non-identity element needs no arithmetic. */
function vanishes<P>(group: Group<P>, instance: Instance<P>, sum: readonly ImageTerm[]): boolean {
  const [only] = sum
  if (only !== undefined && sum.length === 1) return modulo(only.coefficient, group.order) === 0n
  return group.isIdentity(combineElements(group, instance, sum))
}

/** Draft section "Instance validation", all ten checks. */
export function isValidInstance<P>(group: Group<P>, instance: Instance<P>): boolean {
  const { elements, equations } = instance
  if (!areValidEquations(equations, elements.length)) return false
  if (!group.equal(elementAt(instance, 0), group.base)) return false
  if (elements.some((element) => group.isIdentity(element))) return false
  if (equations.some(({ image }) => vanishes(group, instance, image))) return false
  for (let scalar = 0; scalar < scalarCount(equations); scalar++) {
    const constrains = equations.some(({ terms }) => {
      const column = terms.filter((term) => term.scalar === scalar)
      return column.length > 0 && !vanishes(group, instance, column)
    })
    if (!constrains) return false
  }
  return true
}

function u32(value: number): Uint8Array {
  return encodeLittleEndian(BigInt(value), 4)
}

/** Draft section "Serialization": the sparse matrix row by row, then the elements from index 1. */
export function serializeInstance<P>(group: Group<P>, instance: Instance<P>): Uint8Array {
  const { elements, equations } = instance
  const parts: Uint8Array[] = [u32(equations.length)]
  const coefficientBytes = (coefficient: bigint) =>
    group.encodeScalar(modulo(coefficient, group.order))
  for (const { image, terms } of equations) {
    parts.push(u32(image.length))
    for (const { element, coefficient } of image)
      parts.push(u32(element), coefficientBytes(coefficient))
    parts.push(u32(terms.length))
    for (const { scalar, element, coefficient } of terms)
      parts.push(u32(scalar), u32(element), coefficientBytes(coefficient))
  }
  for (const element of elements.slice(1)) parts.push(group.encode(element))
  return concat(...parts)
}
