// A hospital comes to the vault that it writes to: deals what is its to deal, or waits for a key that nobody dealt.

import { accounts } from '../../../apps/registry/state.ts'
import { epochInForce } from '../../../apps/vault/committee.ts'
import { publicKeyTable } from '../../../apps/vault/state.ts'
import type { TransactionSigner } from '../../../client/signer.ts'
import { pause } from '../../../client/web.ts'
import type { AccountId, Digest, OrganizationId } from '../../../vm/types.ts'
import { EpioneError } from '../../errors.ts'
import type { AgentContext } from '../process.ts'
import { lookAt } from '../remote.ts'
import { awaitActive, deal, dealReplicated } from './committee.ts'
import type { Opened } from './keys.ts'
import type { HospitalSettings } from './settings.ts'

const POLL_MS = 150

/** Somebody else begins it, when its members have made the key. */
async function awaitKeyset({ nodes }: AgentContext, committee: Digest) {
  for (;;) {
    const found = await lookAt(nodes, (state, timeMs) => {
      const epoch = epochInForce(state, committee, timeMs)
      const key = publicKeyTable.get(state, committee)
      return epoch === undefined || key === undefined ? undefined : { epoch, key }
    })
    if (found !== undefined) return found
    await pause(POLL_MS)
  }
}

async function organizationOf(
  { nodes }: AgentContext,
  account: AccountId,
): Promise<OrganizationId> {
  const found = await lookAt(nodes, (state) => accounts.get(state, account))
  if (found?.organization) return found.organization
  throw new EpioneError({
    code: 'HOME_INVALID',
    message: `the account ${account} belongs to no organization of this chain`,
    hint: 'agent.json names the account in whose name the hospital records',
  })
}

/** Deals what is this hospital's to deal; resolves when records can be made, which may be before the ledger takes them. */
export async function openVault(
  context: AgentContext,
  signer: TransactionSigner,
  vault: HospitalSettings['vault'],
): Promise<Opened> {
  const organization = await organizationOf(context, signer.account)
  if (vault.kind === 'keyset') {
    const { committee } = vault
    const { epoch, key } = await awaitKeyset(context, committee)
    const keys = { kind: 'threshold', key } as const
    return { committee, epoch, keys, organization, active: Promise.resolve() }
  }
  const dealt =
    vault.kind === 'dealer'
      ? await deal(context, signer, vault)
      : await dealReplicated(context, signer, vault)
  const active = awaitActive(context, dealt.committee, vault.servers.length)
  // Whoever waits for it hears of a failure; until then it is nobody's unhandled rejection.
  active.catch(() => undefined)
  return { ...dealt, organization, active }
}
