// What everybody must have after a fraud: computed from what they had, the genesis and the fraud's plan, never from what they have.
import type { VaultParameters } from '../../../apps/vault/genesis.ts'
import { assert } from '../../../vm/assert.ts'
import type { Holding, Holdings } from './accounts.ts'
import type { FaultKind, FraudPlan } from './frauds.ts'

/** The first silence costs this part of the least bond of a server, each further one twice the last. */
const SILENCE_PART = 100n
/** A payer asks once more if nothing came. */
const ATTEMPTS = 2

type Terms = Pick<VaultParameters, 'serverBondMin'>

function penaltyOf(fault: FaultKind, held: bigint, { serverBondMin }: Terms): bigint {
  if (fault !== 'silence') return held
  const first = serverBondMin / SILENCE_PART
  const all = first * (2n ** BigInt(ATTEMPTS) - 1n)
  return all < held ? all : held
}

/** Holdings by name, and what the currency has burned. */
export function expectedAfter(
  before: Holdings,
  plan: Pick<FraudPlan, 'guilty' | 'fault' | 'isRewarded'>,
  {
    terms,
    complainants,
  }: {
    readonly terms: Terms
    /** Names of those who showed the fault, one for each transaction that was upheld; the first is rewarded. */
    readonly complainants: readonly string[]
  },
): Holdings {
  const of = new Map(before.of)
  const move = (name: string, by: Partial<Holding>): void => {
    const had = of.get(name)
    assert(had !== undefined, `${name} has no account`)
    const { bond = 0n, balance = 0n } = by
    of.set(name, { bond: had.bond + bond, balance: had.balance + balance })
  }
  let { burned } = before
  for (const name of plan.guilty) {
    const penalty = penaltyOf(plan.fault, before.of.get(name)?.bond ?? 0n, terms)
    const [first] = complainants
    const reward = plan.isRewarded && first !== undefined ? penalty / 2n : 0n
    move(name, { bond: -penalty })
    if (first !== undefined) move(first, { balance: reward })
    burned += penalty - reward
  }
  // An insurer says with a deposit that an answer is wrong; being right, it keeps it in its bond.
  if (plan.fault === 'bad-answer')
    for (const name of complainants)
      move(name, { bond: terms.serverBondMin, balance: -terms.serverBondMin })
  return { of, burned }
}

/** Names of those who have something else than they should; `burned` if it is the money that is gone. */
export function differences(found: Holdings, expected: Holdings): readonly string[] {
  const names = [...expected.of].flatMap(([name, { bond, balance }]) => {
    const has = found.of.get(name)
    return has?.bond === bond && has.balance === balance ? [] : [name]
  })
  return found.burned === expected.burned ? names : [...names, 'burned']
}
