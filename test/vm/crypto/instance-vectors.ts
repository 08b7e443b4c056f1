// Reads the serialized statements of the official vectors back into instances.
import type { Group } from '../../../vm/crypto/group.ts'
import { decodeLittleEndian } from '../../../vm/crypto/integer.ts'
import type { Equation, Instance } from '../../../vm/crypto/linear-relation.ts'

/** The instance with that serialization; undefined where the bytes are not one. */
export function parseInstance<P>(group: Group<P>, bytes: Uint8Array): Instance<P> | undefined {
  let at = 0
  const take = (size: number) => {
    if (at + size > bytes.length) throw new RangeError('the statement is too short')
    at += size
    return bytes.subarray(at - size, at)
  }
  const u32 = () => Number(decodeLittleEndian(take(4)))
  const scalar = () => {
    const value = group.decodeScalar(take(group.scalarSize))
    if (value === undefined) throw new RangeError('a coefficient is not canonical')
    return value
  }
  const list = <T>(read: () => T): T[] => Array.from({ length: u32() }, read)
  try {
    const equations: Equation[] = list(() => ({
      image: list(() => ({ element: u32(), coefficient: scalar() })),
      terms: list(() => ({ scalar: u32(), element: u32(), coefficient: scalar() })),
    }))
    const elements: P[] = [group.base]
    while (at < bytes.length) {
      const element = group.decode(take(group.pointSize))
      if (element === undefined) return undefined
      elements.push(element)
    }
    return { elements, equations }
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}
