// A validator's binding of account, consensus key, network key and organization, and the digest of a set.

import { type Codec, encode } from './codec.ts'
import { array, named, struct } from './codec-compound.ts'
import { hex } from './codec-scalar.ts'
import { digest } from './hash.ts'
import { VALIDATORS_MAX } from './limits.ts'
import type { AccountId, Digest, OrganizationId, PublicKey } from './types.ts'

/** One member of a validator set; the four keys of an identity are all different. */
export type Validator = {
  readonly account: AccountId
  readonly organization: OrganizationId
  /** Signs pre-prepare, prepare, commit, view-change. */
  readonly consensusKey: PublicKey
  /** The Ed25519 key behind its libp2p PeerId. */
  readonly peerKey: PublicKey
}

const validatorCodec: Codec<Validator> = named(
  'validator',
  struct({
    account: hex<AccountId>(32),
    organization: hex<OrganizationId>(32),
    consensusKey: hex<PublicKey>(32),
    peerKey: hex<PublicKey>(32),
  }),
)

export const validatorsCodec: Codec<readonly Validator[]> = named(
  'validator-set',
  array(validatorCodec, VALIDATORS_MAX, 1),
)

/** The digest by which a header names the set that certifies the next block. */
export function validatorsRoot(set: readonly Validator[]): Digest {
  return digest('validators', encode(validatorsCodec, set))
}
