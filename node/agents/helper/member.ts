// A helper's part in making and handing over the keys of a keyset: what `dutyOf` says, one thing at a time.
import { randomBytes } from 'node:crypto'
import { ack } from '../../../apps/committee/ack.ts'
import { complain } from '../../../apps/committee/complain.ts'
import { deal } from '../../../apps/committee/deal.ts'
import { offer } from '../../../apps/committee/offer.ts'
import {
  activeEpoch,
  keysetTable,
  planTable,
  progressTable,
} from '../../../apps/committee/state.ts'
import { buildDeal, buildOffer, type DealPlan } from '../../../client/committee/deal.ts'
import { type Duty, dutyOf, type Member } from '../../../client/committee/duties.ts'
import { buildAck, buildComplain, takeShares } from '../../../client/committee/seat.ts'
import type { TransactionSigner } from '../../../client/signer.ts'
import { type Act, act } from '../../../client/transaction.ts'
import { pause } from '../../../client/web.ts'
import { assertNever } from '../../../vm/assert.ts'
import type { Reader } from '../../../vm/state.ts'
import type { AccountId, Digest, TimeMs } from '../../../vm/types.ts'
import type { AgentContext } from '../process.ts'
import { inventedComplaint, wrongDeal } from './member-cheats.ts'
import { type MemberShares, openMemberSecrets } from './member-secrets.ts'
import { boxesTable } from './own-tables.ts'
import { type Deliver, deliverFor } from './register.ts'
import type { HelperSettings } from './settings.ts'

export type MemberParameters = {
  readonly context: AgentContext
  readonly signer: TransactionSigner
  readonly state: Reader
  readonly keyset: Digest
  /** Accounts that this operator lets into the keyset: it takes part in no plan that names another. */
  readonly members: readonly AccountId[]
  /** How long questions of an older epoch may still be open. */
  readonly questionsMs: TimeMs
  readonly cheat: HelperSettings['cheat']
}

export type MemberDuties = {
  readonly attend: (timeMs: TimeMs) => Promise<void>
  /** Its shares of that epoch, once it has acknowledged them. */
  readonly held: (epoch: number) => MemberShares | undefined
}

/** The block's clock may be behind this one, and a bond on its way: then the same is sent again. */
const early: ReadonlySet<string> = new Set(['OFFERS_OPEN', 'COMPLAINTS_OPEN', 'BOND_TOO_SMALL'])
const EARLY_PAUSE_MS = 300

type Own = MemberParameters & {
  readonly account: AccountId
  readonly chainId: Digest
  readonly group: AgentContext['crypto']['group']
  readonly secrets: ReturnType<typeof openMemberSecrets>
  readonly deliver: Deliver
}

/** Sends one payload, again and again as it is, until it is not too early. */
async function insist(
  { context, deliver }: Own,
  name: string,
  make: () => Act | Promise<Act>,
): Promise<void> {
  const first = `${name}/0`
  for (let attempt = 0; ; attempt++) {
    const same = () => context.outbox.get(first)?.act ?? make()
    const code = await deliver(`${name}/${attempt}`, same)
    if (!early.has(code)) return
    await pause(EARLY_PAUSE_MS)
  }
}

/** In a resharing the shares of the epoch that hands over. */
async function planOf(
  { secrets, state, keyset }: Own,
  plan: Omit<DealPlan, 'entropy'>,
): Promise<Omit<DealPlan, 'entropy'> | undefined> {
  const previous = planTable.get(state, keyset, plan.epoch)?.previous ?? null
  if (previous === null) return plan
  const old = await secrets.shares(previous)
  return old === undefined ? undefined : { ...plan, oldShares: old.shares }
}

async function makeDeal(own: Own, due: Omit<DealPlan, 'entropy'>): Promise<void> {
  const { cheat, group } = own
  const plan = await planOf(own, due)
  if (plan === undefined) return
  // What makes the dealing is in no file: after this it is only ever sent again as it is.
  await insist(own, `dkg.deal/${plan.epoch}`, () => {
    const drawn = { ...plan, entropy: randomBytes(32) }
    return act(deal, cheat === 'bad-deal' ? wrongDeal(group, drawn) : buildDeal(group, drawn))
  })
}

async function complainAbout(own: Own, duty: Extract<Duty, { kind: 'complain' }>): Promise<void> {
  const { context, group } = own
  const { seat, about } = duty
  const { epoch } = seat
  context.log.warn({ epoch, dealer: about.dealer }, 'complaining about a dealing')
  await own.deliver(`dkg.complain/${epoch}/${about.dealer}`, () =>
    act(complain, buildComplain(group, seat, { ...about, entropy: randomBytes(32) })),
  )
}

/** The shares are on disk before anybody may rely on them. */
async function acknowledge(
  own: Own,
  { seat, making }: Extract<Duty, { kind: 'acknowledge' }>,
): Promise<void> {
  const { group, secrets } = own
  const { epoch, index } = seat
  await secrets.keepShares(epoch, { index, shares: takeShares(group, seat, making) })
  await insist(own, `dkg.ack/${epoch}`, () => act(ack, buildAck(group, seat, making)))
}

/** Does one duty; answers whether nothing is ever left to do in this epoch. */
async function fulfil(own: Own, epoch: number, duty: Duty): Promise<boolean> {
  const { account, chainId, group, keyset, secrets } = own
  switch (duty.kind) {
    case 'offer':
      await insist(own, `dkg.offer/${epoch}`, async () => {
        const entropy = await secrets.drawOffer(epoch)
        return act(offer, buildOffer(group, { chainId, account, keyset, epoch, entropy }).payload)
      })
      return false
    case 'deal':
      await makeDeal(own, duty.plan)
      return false
    case 'complain':
      await complainAbout(own, duty)
      return false
    case 'acknowledge':
      await acknowledge(own, duty)
      return false
    case 'none':
      if (duty.isOver) await secrets.eraseOffer(epoch)
      return duty.isOver
    default:
      return assertNever(duty)
  }
}

async function memberOf(own: Own, epoch: number): Promise<Member> {
  const { account, chainId, group, keyset, secrets, state } = own
  const entropy = await secrets.offer(epoch)
  const offered = entropy && buildOffer(group, { chainId, account, keyset, epoch, entropy })
  const seats = progressTable.get(state, keyset, epoch)?.seats ?? []
  const seat = seats.indexOf(account)
  return {
    chainId,
    account,
    keyset,
    epoch,
    boxSecret: offered?.boxSecret,
    boxOf: (dealer) => boxesTable.get(state, keyset, epoch, dealer)?.[seat],
  }
}

/** Whether everybody who would get a share is somebody whom this operator knows. */
function isAgreed({ state, keyset, members }: Own, epoch: number): boolean {
  const plan = planTable.get(state, keyset, epoch)
  return plan !== undefined && plan.members.every((member) => members.includes(member))
}

async function attendEpoch(own: Own, epoch: number, timeMs: TimeMs): Promise<boolean> {
  const { cheat, group, state } = own
  if (!isAgreed(own, epoch)) return false
  const member = await memberOf(own, epoch)
  const due = dutyOf(group, member, { state, timeMs })
  const invented =
    cheat === 'false-complaint' ? inventedComplaint(member, { state, timeMs, due }) : undefined
  return fulfil(own, epoch, invented ?? due)
}

/** Old shares open the key for ever, so they go when no question of their time can be open any more. */
async function eraseOld(own: Own, epoch: number, timeMs: TimeMs): Promise<boolean> {
  const { keyset, questionsMs, secrets, state } = own
  const active = activeEpoch(state, keyset, timeMs)
  if (active === undefined || active <= epoch) return false
  const since = progressTable.get(state, keyset, active)?.acksEndMs
  if (since === undefined || timeMs < since + questionsMs) return false
  await secrets.eraseShares(epoch)
  return true
}

export function createMember(parameters: MemberParameters): MemberDuties {
  const { context, signer, keyset, state } = parameters
  const own: Own = {
    ...parameters,
    account: signer.account,
    chainId: context.anchor.chainId,
    group: context.crypto.group,
    secrets: openMemberSecrets(context.home),
    deliver: deliverFor(context, signer),
  }
  const over = new Set<number>()
  const erased = new Set<number>()
  const held = new Map<number, MemberShares>()
  let busy = false

  const look = async (epoch: number, timeMs: TimeMs): Promise<void> => {
    if (!over.has(epoch) && (await attendEpoch(own, epoch, timeMs))) over.add(epoch)
    if (erased.has(epoch)) return
    const shares = held.get(epoch) ?? (await own.secrets.shares(epoch))
    if (shares !== undefined) held.set(epoch, shares)
    if (await eraseOld(own, epoch, timeMs)) {
      erased.add(epoch)
      held.delete(epoch)
    }
  }

  return {
    held: (epoch) => held.get(epoch),
    attend: async (timeMs) => {
      const newest = keysetTable.get(state, keyset)?.epoch ?? 0
      if (busy) return
      busy = true
      try {
        for (let epoch = 1; epoch <= newest; epoch++) await look(epoch, timeMs)
      } finally {
        busy = false
      }
    },
  }
}
