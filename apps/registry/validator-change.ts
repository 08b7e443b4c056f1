// One change of the validator set as a value: who is added, who leaves, whose keys are replaced.
import { assertNever } from '../../vm/assert.ts'
import type { Codec, Infer } from '../../vm/codec.ts'
import { choice, named, struct } from '../../vm/codec-compound.ts'
import { hex } from '../../vm/codec-scalar.ts'
import type { AccountId, OrganizationId, PublicKey } from '../../vm/types.ts'
import type { Validator } from '../../vm/validator.ts'
import type { Code } from './codes.ts'

const account = hex<AccountId>(32)
const keys = { consensusKey: hex<PublicKey>(32), peerKey: hex<PublicKey>(32) }

/** Numbers are frozen. */
const change = choice({
  /** A new seat at the end of the set. */
  add: [1, struct({ account, organization: hex<OrganizationId>(32), ...keys })],
  remove: [2, struct({ account })],
  /** The seat stays where it is and gets both keys; one of them may be the old one. */
  'replace-keys': [3, struct({ account, ...keys })],
})
export type ValidatorChange = Infer<typeof change>

export const validatorChangeCodec: Codec<ValidatorChange> = named('validator-change', change)

/** The set after the change, or why the set does not allow it. The order of those who stay never changes. */
export function changedSet(
  set: readonly Validator[],
  wanted: ValidatorChange,
): readonly Validator[] | Code {
  const seat = set.find((validator) => validator.account === wanted.account)
  switch (wanted.kind) {
    case 'add': {
      const { kind: _, ...validator } = wanted
      return seat === undefined ? [...set, validator] : 'SEAT_TAKEN'
    }
    case 'remove':
      return seat === undefined ? 'NOT_SEATED' : set.filter((validator) => validator !== seat)
    case 'replace-keys': {
      const { consensusKey, peerKey } = wanted
      if (seat === undefined) return 'NOT_SEATED'
      return set.map((held) => (held === seat ? { ...held, consensusKey, peerKey } : held))
    }
    default:
      return assertNever(wanted)
  }
}
