// How the keys of sharing M come about: helpers make them among themselves, then an admin of every hospital begins the vault with them.
import { start } from '../../apps/committee/start.ts'
import { activeEpoch, phaseOf, planTable, progressTable } from '../../apps/committee/state.ts'
import { FIRST_EPOCH } from '../../apps/vault/ids.ts'
import { initKeyset } from '../../apps/vault/init-keyset.ts'
import { act } from '../../client/transaction.ts'
import { buildInitKeyset } from '../../client/vault/keyset.ts'
import { pause } from '../../client/web.ts'
import type { Reader } from '../../vm/state.ts'
import type { Digest, TimeMs } from '../../vm/types.ts'
import type { Nodes } from '../agents/nodes.ts'
import { lookAt } from '../agents/remote.ts'
import { requireAccepted, signerOf } from '../agents/sign.ts'
import { EpioneError } from '../errors.ts'
import type { Cast } from './cast.ts'
import { CURRENCY, DEALER_BOND, SERVER_BOND } from './money.ts'
import type { Operator } from './operator.ts'
import { founderOf, keysOf, liableOf, type NetworkPlan, organizationOf } from './plan.ts'
import { helpersOf, hospitalsOf, sizesOf } from './sharing.ts'

type Making = { readonly plan: NetworkPlan; readonly cast: Cast }

/** Windows end early when everybody has done what they are for; only that for complaints is always as long. */
const PATIENCE_MS = 60_000
const POLL_MS = 150

function windowsOf({ anchor }: Operator) {
  const { complaintWindowMs, ackWindowMs } = anchor.vault
  const patience = { offerMs: PATIENCE_MS, dealMs: PATIENCE_MS }
  return { ...patience, complaintMs: complaintWindowMs, ackMs: ackWindowMs }
}

/** Names the members and opens their first window. */
export async function startKeys(operator: Operator, { plan, cast }: Making): Promise<void> {
  const founder = founderOf(plan)
  const { threshold, minimum } = sizesOf[plan.sharing]
  const make = () =>
    act(start, {
      account: founder.account,
      nonce: cast.nonce,
      epoch: FIRST_EPOCH,
      purposes: ['vault'],
      bond: { currency: CURRENCY, amount: SERVER_BOND },
      threshold,
      minimum,
      members: helpersOf(plan.sharing).map((name) => keysOf(plan, name).account),
      windows: windowsOf(operator),
    })
  const key = `dkg.start/${cast.keyset}`
  const { code } = await operator.sender.deliver({ key, make, signers: [signerOf(founder)] })
  requireAccepted('the start of a keyset', code)
}

function phaseAt(state: Reader, keyset: Digest, timeMs: TimeMs): 'active' | 'aborted' | 'making' {
  if (activeEpoch(state, keyset, timeMs) !== undefined) return 'active'
  const terms = planTable.get(state, keyset, FIRST_EPOCH)
  const run = progressTable.get(state, keyset, FIRST_EPOCH)
  if (terms === undefined || run === undefined) return 'making'
  return phaseOf(terms, run, timeMs) === 'aborted' ? 'aborted' : 'making'
}

async function awaitKeys(nodes: Nodes, keyset: Digest): Promise<void> {
  for (;;) {
    const phase = await lookAt(nodes, (state, timeMs) => phaseAt(state, keyset, timeMs))
    if (phase === 'active') return
    if (phase === 'aborted')
      throw new EpioneError({
        code: 'CHILD_FAILED',
        message: 'the helpers made no key: too few of them took part in time',
        hint: 'look at the logs of the helpers, then start again with a new home',
      })
    await pause(POLL_MS)
  }
}

/** An admin of every hospital signs, whose bond stands for what its organization writes. */
async function beginVault(operator: Operator, { plan, cast }: Making): Promise<void> {
  const hospitals = hospitalsOf(plan.sharing)
  const make = () =>
    act(
      initKeyset,
      buildInitKeyset({
        account: founderOf(plan).account,
        nonce: cast.nonce,
        keyset: cast.keyset,
        epoch: FIRST_EPOCH,
        currency: CURRENCY,
        writers: hospitals.map((name) => organizationOf(plan, name)),
        bond: DEALER_BOND,
      }),
    )
  const signers = hospitals.map((name) => signerOf(liableOf(plan, name)))
  const key = `vault.initKeyset/${cast.committee}`
  for (let attempt = 0; ; attempt++) {
    const order = { key: `${key}/${attempt}`, make, signers }
    const { code } = await operator.sender.deliver(order)
    // The clock of this process may be ahead of the block's.
    if (code !== 'KEYSET_INACTIVE') return requireAccepted('the vault of the hospitals', code)
    await pause(POLL_MS)
  }
}

export async function makeKeys(operator: Operator, making: Making): Promise<void> {
  await startKeys(operator, making)
  await awaitKeys(operator.nodes, making.cast.keyset)
  await beginVault(operator, making)
}
