// What the executor asks: whose key signs, who certifies the next block, whose turn it is.
import type { Identity } from '../../vm/app.ts'
import { assert } from '../../vm/assert.ts'
import type { Reader } from '../../vm/state.ts'
import type { TimeMs } from '../../vm/types.ts'
import { advance } from './rotation.ts'
import {
  type AccountKey,
  getAccount,
  isActive,
  type Rotation,
  rotations,
  validatorSet,
} from './state.ts'

export function isKeyActive(key: AccountKey, timeMs: TimeMs): boolean {
  const { status, fromMs, untilMs } = key
  return status === 'active' && fromMs <= timeMs && (untilMs === null || timeMs <= untilMs)
}

function validators(state: Reader) {
  const set = validatorSet.get(state)
  assert(set !== undefined, 'the state has no validator set')
  return set
}

function rotation(state: Reader): Rotation {
  const record = rotations.get(state)
  assert(record !== undefined, 'the state has no rotation')
  return record
}

export const identity: Identity = {
  isActiveKey: (state, { account, publicKey }, timeMs) => {
    const found = getAccount(state, account)
    const key = found?.keys.find((known) => known.publicKey === publicKey)
    if (found === undefined || key === undefined) return false
    return isKeyActive(key, timeMs) && isActive(state, found)
  },
  organizationOf: (state, account) => getAccount(state, account)?.organization ?? undefined,
  validators,
  firstPrimary: (state) => {
    const { due } = rotation(state)
    const position = validators(state).findIndex(({ account }) => account === due)
    assert(position >= 0, 'the validator that is due is not in the set')
    return position
  },
  endBlock: (state, { height, proposer }) => {
    const set = validators(state).map(({ account }) => account)
    rotations.put(state, advance(rotation(state), set, { height, proposer }))
  },
}
