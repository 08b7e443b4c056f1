// registry.validator-ready: a validator that missed its turn says that it is back, which ends its skip.
import { accept, defineTx } from '../../vm/app.ts'
import type { Infer } from '../../vm/codec.ts'
import { named, struct } from '../../vm/codec-compound.ts'
import type { AccountId } from '../../vm/types.ts'
import { refuse } from './codes.ts'
import { endSkip, skipOf } from './rotation.ts'
import { getRotation, getValidators, REGISTRY, rotations } from './state.ts'

const payload = named('registry.validator-ready', struct({}))

export const validatorReady = defineTx<Infer<typeof payload>>({
  name: 'registry.validator-ready',
  tag: REGISTRY * 256 + 8,
  summary: 'End the skip of the signing validator, so that it has its turn in view 0 again.',
  payload,
  example: {},
  cost: () => 1,
  authorize: (state, _payload, { signers, height }) => {
    const signer = signers[0] as AccountId
    if (!getValidators(state).some(({ account }) => account === signer))
      return refuse('NOT_VALIDATOR')
    const skip = skipOf(getRotation(state), signer, height + 1)
    return skip === undefined ? refuse('NOT_SKIPPED') : undefined
  },
  execute: (state, _payload, { signers, height }) => {
    const signer = signers[0] as AccountId
    rotations.put(state, endSkip(getRotation(state), signer, height))
    return accept({ recipient: signer, kind: 'registry.validator-ready', reference: signer })
  },
})
