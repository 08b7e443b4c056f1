// What a fault costs. Every penalty comes from a bond, at least half of it is burned, and nobody pays more than the bond holds.
import { assertNever } from '../../vm/assert.ts'
import type { Reader, Writer } from '../../vm/state.ts'
import type { AccountId } from '../../vm/types.ts'
import { forfeitBond } from '../bank/money.ts'
import { bondOf } from '../bank/state.ts'
import type { Fault } from './ids.ts'
import { requireParameters } from './parameters.ts'
import { silenceTable } from './state.ts'

/** The first silence costs this part of the least bond of a server, at least one minor unit; each further one twice the last. */
const SILENCE_PART = 100n
/** Twice as often doubled would be more than any bond. */
const DOUBLINGS_MAX = 64n

function silencePenalty(state: Writer, culprit: AccountId): bigint {
  const before = silenceTable.get(state, culprit) ?? 0
  silenceTable.put(state, before + 1, culprit)
  const least = requireParameters(state).serverBondMin / SILENCE_PART
  const doublings = BigInt(before) < DOUBLINGS_MAX ? BigInt(before) : DOUBLINGS_MAX
  return (least > 1n ? least : 1n) << doublings
}

/** Small and growing for silence, the whole bond for everything that is proven: also for a complaint about what was right. */
function penaltyOf(state: Writer, { kind, culprit }: Fault, held: bigint): bigint {
  switch (kind) {
    case 'silence': {
      const penalty = silencePenalty(state, culprit)
      return penalty < held ? penalty : held
    }
    case 'false-dispute': {
      const { disputeDeposit } = requireParameters(state)
      return disputeDeposit < held ? disputeDeposit : held
    }
    case 'bad-receipt':
    case 'bad-share':
    case 'bad-record':
    case 'bad-answer':
    case 'false-complaint':
      return held
    default:
      return assertNever(kind)
  }
}

function heldBy(state: Reader, owner: AccountId): bigint {
  return bondOf(state, owner, requireParameters(state).currency).amount
}

/**
 * Takes the penalty of a fault from the culprit's bond: half of it, rounded down, to whoever showed the fault if that is rewarded,
 * the rest out of existence. Where there is no bond nothing is taken; the fault stands all the same.
 */
export function takePenalty(state: Writer, fault: Fault, rewarded: AccountId | null): void {
  const { culprit: owner } = fault
  const { currency } = requireParameters(state)
  const amount = penaltyOf(state, fault, heldBy(state, owner))
  forfeitBond(state, { owner, currency, amount, rewarded })
}
