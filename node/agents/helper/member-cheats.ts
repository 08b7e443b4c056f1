// How the rehearsals' members cheat; reached by hidden settings only.

import type { Deal } from '../../../apps/committee/payloads.ts'
import { dealingTable, phaseOf, planTable, progressTable } from '../../../apps/committee/state.ts'
import { type DealPlan, proveDeal, sealDeal, sealShares } from '../../../client/committee/deal.ts'
import type { Duty, Member } from '../../../client/committee/duties.ts'
import type { Group } from '../../../vm/crypto/group.ts'
import type { Reader } from '../../../vm/state.ts'
import type { TimeMs } from '../../../vm/types.ts'

/** A dealing in which one other seat's box holds numbers that fit nothing. */
export function wrongDeal<P>(group: Group<P>, plan: DealPlan): Deal {
  const bare = sealDeal(group, plan)
  const victim = plan.recipients.findIndex(({ account }) => account !== plan.account)
  const shares = plan.purposes.map(() => 1n)
  const box = sealShares(group, plan, { index: victim + 1, shares })
  const boxes = bare.boxes.map((right, seat) => (seat === victim ? box : right))
  return proveDeal(group, plan, { ...bare, boxes })
}

/** A complaint about the first dealing of somebody else; undefined before there is one, or when its time is over. */
export function inventedComplaint(
  member: Member,
  { state, timeMs, due }: { readonly state: Reader; readonly timeMs: TimeMs; readonly due: Duty },
): Extract<Duty, { kind: 'complain' }> | undefined {
  const { account, boxOf, boxSecret, chainId, epoch, keyset } = member
  const plan = planTable.get(state, keyset, epoch)
  const run = progressTable.get(state, keyset, epoch)
  const index = (run?.seats.indexOf(account) ?? -1) + 1
  // The own dealing comes first: who is at fault may not deal.
  if (!plan || !run || index === 0 || !boxSecret || due.kind === 'deal') return undefined
  const phase = phaseOf(plan, run, timeMs)
  if ((phase !== 'deals' && phase !== 'complaints') || run.culprits.includes(account))
    return undefined
  const dealer = run.dealt.find((each) => each !== index && !run.opened.includes(each))
  const box = dealer === undefined ? undefined : boxOf(dealer)
  const dealing = dealer && dealingTable.get(state, keyset, epoch, dealer)
  if (dealer === undefined || !dealing || box === undefined) return undefined
  const seat = { chainId, account, keyset, epoch, index, boxSecret }
  return { kind: 'complain', seat, about: { dealer, dealing, box } }
}
