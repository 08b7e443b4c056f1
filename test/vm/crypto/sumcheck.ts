// The example protocol of the Fiat-Shamir draft, which its vectors run through the sponge and the codecs.
import { concat } from '../../../vm/bytes.ts'
import { createSponge, deserializeField, serializeField } from '../../../vm/crypto/fiat-shamir.ts'
import { decodeLittleEndian, encodeLittleEndian, modulo } from '../../../vm/crypto/integer.ts'

const P = 2n ** 31n - 1n

function start(sessionId: Uint8Array, variables: number, claimed: bigint) {
  const sponge = createSponge(sessionId)
  sponge.absorb(concat(encodeLittleEndian(BigInt(variables), 4), serializeField([claimed], P)))
  return {
    challenge: (message: Uint8Array) => {
      sponge.absorb(message)
      return decodeLittleEndian(sponge.squeeze(4)) % P
    },
  }
}

/** The messages of all rounds and the value of the table's multilinear extension at the challenges. */
export function proveSumcheck(
  sessionId: Uint8Array,
  table: readonly bigint[],
): { readonly narg: Uint8Array; readonly evaluation: bigint } {
  const total = table.reduce((sum, value) => (sum + value) % P, 0n)
  const rounds = start(sessionId, Math.log2(table.length), total)
  const messages: Uint8Array[] = []
  let current = table
  while (current.length > 1) {
    const half = (parity: number) =>
      current.filter((_, i) => i % 2 === parity).reduce((sum, value) => (sum + value) % P, 0n)
    const message = serializeField([half(0), modulo(half(1) - half(0), P)], P)
    const r = rounds.challenge(message)
    messages.push(message)
    current = Array.from({ length: current.length / 2 }, (_, j) => {
      const [even = 0n, odd = 0n] = [current[2 * j], current[2 * j + 1]]
      return modulo(even + r * (odd - even), P)
    })
  }
  return { narg: concat(...messages), evaluation: current[0] ?? 0n }
}

/** Whether the messages show that the table sums up to `claimed`, given its evaluation at the challenges. */
export function verifySumcheck(input: {
  readonly sessionId: Uint8Array
  readonly variables: number
  readonly claimed: bigint
  readonly narg: Uint8Array
  readonly evaluation: bigint
}): boolean {
  const rounds = start(input.sessionId, input.variables, input.claimed)
  let rest = input.narg
  let claim = input.claimed
  for (let i = 0; i < input.variables; i++) {
    const parsed = deserializeField(rest, P, 2)
    if (parsed === undefined) return false
    const [a0 = 0n, a1 = 0n] = parsed.coordinates
    if ((2n * a0 + a1) % P !== claim) return false
    claim = (a0 + a1 * rounds.challenge(rest.subarray(0, 8))) % P
    rest = parsed.rest
  }
  return rest.length === 0 && claim === input.evaluation
}
