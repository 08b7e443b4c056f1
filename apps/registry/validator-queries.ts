// Read-only views of the validators: who has a seat, who gets one, who may connect, and the record of turns.
import { defineQuery, type QueryReader } from '../../vm/app.ts'
import type { Infer } from '../../vm/codec.ts'
import { array, optional, struct } from '../../vm/codec-compound.ts'
import { bool, hex, uint } from '../../vm/codec-scalar.ts'
import { VALIDATORS_MAX } from '../../vm/limits.ts'
import type { AccountId, OrganizationId, PublicKey } from '../../vm/types.ts'
import type { Validator } from '../../vm/validator.ts'
import { identity } from './identity.ts'
import { isAlive, skipOf } from './rotation.ts'
import {
  CANDIDATES_MAX,
  getCandidates,
  getOrganization,
  getPending,
  getRotation,
  getValidators,
  organizationName,
  rotationCodec,
} from './state.ts'
import { isReady } from './validator-ready.ts'

const seatFields = {
  account: hex<AccountId>(32),
  organization: hex<OrganizationId>(32),
  /** What people call the organization. */
  name: organizationName,
  consensusKey: hex<PublicKey>(32),
  peerKey: hex<PublicKey>(32),
}
const seat = struct(seatFields)

const validatorView = struct({
  ...seatFields,
  /** Whether view 0 of the next block is its turn. */
  due: bool,
  /** The last height without a turn in view 0. */
  skippedUntil: optional(uint()),
  /** Whether it counts when a set is judged: it missed no turn, or has come back since. */
  alive: bool,
})

const candidateView = struct({
  ...seatFields,
  /** The organization that let it in. */
  sponsor: hex<OrganizationId>(32),
  /** When it last said that it has caught up. */
  readyMs: optional(uint()),
  /** Whether that was at most an hour ago. */
  ready: bool,
})

function named<V extends Validator>(
  state: QueryReader,
  validator: V,
): V & { readonly name: string } {
  const name = getOrganization(state, validator.organization)?.name ?? '?'
  return { ...validator, name }
}

export const validatorsView = struct({
  validators: array(validatorView, VALIDATORS_MAX),
  /** Each with the first height that it certifies. */
  pending: array(struct({ from: uint(), validators: array(seat, VALIDATORS_MAX) }), 2),
  candidates: array(candidateView, CANDIDATES_MAX),
})
export type ValidatorsView = Infer<typeof validatorsView>

export const validators = defineQuery({
  name: 'registry.validators',
  summary: 'The set that certifies the next block with skips, the sets to come, and candidates.',
  parameters: struct({}),
  result: validatorsView,
  example: {},
  run: (state, _parameters, { height, timeMs }) => {
    const due = identity.firstPrimary(state, height + 1)
    const record = getRotation(state)
    return {
      validators: getValidators(state).map((validator, index) => ({
        ...named(state, validator),
        due: index === due,
        skippedUntil: skipOf(record, validator.account, height + 1)?.until ?? null,
        alive: isAlive(record, validator.account),
      })),
      pending: getPending(state).map(({ from, validators: set }) => ({
        from,
        validators: set.map((validator) => named(state, validator)),
      })),
      candidates: getCandidates(state).map((candidate) => ({
        ...named(state, candidate),
        ready: isReady(candidate, timeMs),
      })),
    }
  },
})

export const rotation = defineQuery({
  name: 'registry.rotation',
  summary: 'Whose turn view 0 of the next block is, and who missed a turn.',
  parameters: struct({}),
  result: rotationCodec,
  example: {},
  run: (state) => getRotation(state),
})
