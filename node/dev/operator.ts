// What the network's founders do for the job: admit the payers, and let the treasury fund payers, servers and the dealer.
import { join } from 'node:path'
import { transferMoney } from '../../apps/bank/transfer.ts'
import { admitOrganization } from '../../apps/registry/admit-organization.ts'
import type { TransactionSigner } from '../../client/signer.ts'
import { act, batchAct } from '../../client/transaction.ts'
import { startView } from '../../client/trusted-view.ts'
import type { AccountKeys } from '../../genesis/member.ts'
import { fromHex } from '../../vm/bytes.ts'
import { readAnchor } from '../agents/anchor.ts'
import { mapLimited } from '../agents/limit.ts'
import { createNodes } from '../agents/nodes.ts'
import { openOutbox } from '../agents/outbox.ts'
import { createSender } from '../agents/sender.ts'
import { agentPaths } from '../agents/settings.ts'
import { createSigner } from '../crypto/ed25519.ts'
import { EpioneError } from '../errors.ts'
import { silentLogger } from '../logger.ts'
import { networkPaths } from '../testnet/layout.ts'
import { type Cast, CURRENCY, DEALER_BOND, type Payer, SERVER_BOND } from './cast.ts'
import { keysOf, type NetworkPlan } from './plan.ts'

/** Minor units: enough to ask every question, bonds with something to spare. */
const PAYER_FUNDS = 10_000_000n
const AT_ONCE = 8

function signerOf({ account, publicKey, seed }: AccountKeys): TransactionSigner {
  return { account, publicKey, sign: createSigner(fromHex(seed)).sign }
}

function requireAccepted(what: string, code: string): void {
  if (code === '') return
  throw new EpioneError({
    code: 'CHILD_FAILED',
    message: `the ledger refused ${what}: ${code}`,
    hint: 'the receipt names the transaction',
  })
}

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
export async function prepareLedger(parameters: {
  readonly plan: NetworkPlan
  readonly cast: Cast
  readonly urls: readonly string[]
}): Promise<readonly number[]> {
  const { plan, cast, urls } = parameters
  const anchor = await readAnchor(agentPaths(cast.patients).genesis, cast.chainId)
  const { chainId, engine, validators } = anchor
  const { heartbeatMs } = anchor.parameters
  const view = startView({ chainId, engine, heartbeatMs, validators })
  const nodes = createNodes({ urls, log: silentLogger(), view, timeoutMs: 15_000, rounds: 4 })
  const outbox = await openOutbox(join(networkPaths(plan.home).client('operator'), 'outbox.jsonl'))
  const sender = createSender({ anchor, nodes, outbox })
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
    ...cast.hospitals.map(({ name }) => transfer(keysOf(plan, name).account, 2n * DEALER_BOND)),
    ...cast.helpers.map(({ name }) => transfer(keysOf(plan, name).account, 2n * SERVER_BOND)),
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
  await outbox.close()
  return sender.latencies()
}
