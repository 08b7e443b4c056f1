// What the network's founders do for the job: admit the payers, fund payers and bonds, and see to it that hospitals have keys.
import { transferMoney } from '../../apps/bank/transfer.ts'
import { admitOrganization } from '../../apps/registry/admit-organization.ts'
import type { TransactionSigner } from '../../client/signer.ts'
import { act, batchAct } from '../../client/transaction.ts'
import { mapLimited } from '../agents/limit.ts'
import { requireAccepted, signerOf } from '../agents/sign.ts'
import type { Cast, Payer } from './cast.ts'
import { makeKeys } from './keyset.ts'
import { BOND_FUNDS, CURRENCY, PAYER_FUNDS } from './money.ts'
import type { Operator } from './operator.ts'
import { keysOf, liableOf, type NetworkPlan } from './plan.ts'

const AT_ONCE = 8

/** Admins of a majority of the founding organizations. */
function majority({ members }: NetworkPlan): readonly TransactionSigner[] {
  const founders = members.filter(({ validator }) => validator !== undefined)
  const admins = founders.flatMap(({ accounts }) =>
    accounts.filter(({ roles }) => roles.includes('admin')).slice(0, 1),
  )
  return admins.slice(0, Math.floor(founders.length / 2) + 1).map(signerOf)
}

function admission({ organization: id, name, account, publicKey }: Payer) {
  const roles = ['insurer', 'admin'] as const
  const first = { id: account, publicKey, encryptionKey: null, roles }
  return act(admitOrganization, { id, name, kind: 'insurer', account: first })
}

/** Answers how many transactions it took and how long each; does nothing twice. */
export async function prepareLedger(
  operator: Operator,
  { plan, cast }: { readonly plan: NetworkPlan; readonly cast: Cast },
): Promise<readonly number[]> {
  const { sender } = operator
  const treasury = [signerOf(keysOf(plan, 'treasury'))]
  const transfer = (to: `0x${string}`, amount: bigint) => ({
    to,
    currency: CURRENCY,
    amount,
    memo: null,
  })
  const fund = async (key: string, transfers: readonly ReturnType<typeof transfer>[]) => {
    const make = () => batchAct(transferMoney, transfers, { atomic: true })
    requireAccepted('a transfer', (await sender.deliver({ key, make, signers: treasury })).code)
  }
  const bonds = fund('bonds', [
    ...cast.hospitals.map(({ name }) => transfer(liableOf(plan, name).account, BOND_FUNDS)),
    ...cast.helpers.map(({ name }) => transfer(keysOf(plan, name).account, BOND_FUNDS)),
  ])
  const voters = majority(plan)
  await mapLimited(cast.payers, AT_ONCE, async (payer) => {
    const key = `admit/${payer.name}`
    const order = { key, make: () => admission(payer), signers: voters }
    requireAccepted('an organization', (await sender.deliver(order)).code)
  })
  if (cast.payers.length > 0)
    await fund(
      'payers',
      cast.payers.map(({ account }) => transfer(account, PAYER_FUNDS)),
    )
  await bonds
  if (plan.sharing === 'M') await makeKeys(operator, { plan, cast })
  return sender.latencies()
}
