// What the executor asks: whose key signs, who certifies the next block, whose turn it is.
import type { Identity } from '../../vm/app.ts'
import { assert } from '../../vm/assert.ts'
import { activeKey } from './keys.ts'
import { advance } from './rotation.ts'
import { membersOf, pruneSets, seatPending } from './seats.ts'
import { getAccount, getRotation, getValidators, isActive, rotations } from './state.ts'

export const identity: Identity = {
  isActiveKey: (state, { account, publicKey }, timeMs) => {
    const found = getAccount(state, account)
    if (found === undefined || activeKey(found.keys, publicKey, timeMs) === undefined) return false
    return isActive(state, found)
  },
  organizationOf: (state, account) => getAccount(state, account)?.organization ?? undefined,
  validators: getValidators,
  members: membersOf,
  firstPrimary: (state) => {
    const { due } = getRotation(state)
    const position = getValidators(state).findIndex(({ account }) => account === due)
    assert(position >= 0, 'the validator that is due is not in the set')
    return position
  },
  endBlock: (state, { engine, height, proposer }) => {
    const set = getValidators(state).map(({ account }) => account)
    rotations.put(state, advance(getRotation(state), set, { height, proposer, engine }))
    seatPending(state, { engine, height })
    pruneSets(state, height)
  },
}
