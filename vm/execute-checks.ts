// What makes a block invalid: the window, the chain, active keys in the parent's state, budgets and sizes.
import type { Acts } from './batch.ts'
import { BLOCK_BYTES_MAX, BLOCK_TRANSACTIONS_MAX } from './limits.ts'
import { envelopeBudget, type Rules } from './rules.ts'
import type { Overlay, Reader } from './state.ts'
import type { Signer, Transaction } from './transaction.ts'
import type { AccountId, Digest, OrganizationId, PublicKey, TimeMs } from './types.ts'

export type EnvelopeCode = 'WRONG_CHAIN' | 'EXPIRED' | 'TOO_FAR_AHEAD' | 'REPEATED'
export type BudgetCode = 'TOO_HEAVY' | 'OVER_BUDGET' | 'TOO_LARGE'

/** Chain, window and ids, of which each counts once. */
export function createEnvelopeCheck(block: {
  readonly rules: Rules
  readonly timeMs: TimeMs
  readonly contains: (id: Digest) => boolean
}): {
  readonly check: (transaction: Transaction) => EnvelopeCode | undefined
  readonly add: (id: Digest) => void
} {
  const ids = new Set<Digest>()
  const { rules, timeMs, contains } = block
  return {
    check: ({ body, id }) => {
      if (body.chainId !== rules.chainId) return 'WRONG_CHAIN'
      if (body.validUntil < timeMs) return 'EXPIRED'
      if (body.validUntil > timeMs + rules.parameters.windowMs) return 'TOO_FAR_AHEAD'
      return ids.has(id) || contains(id) ? 'REPEATED' : undefined
    },
    add: (id) => {
      ids.add(id)
    },
  }
}

/** Keys of signers, in the parent's state and again where the block may have changed what that rested on. */
export function createKeyCheck(block: {
  readonly rules: Rules
  readonly state: Reader
  readonly timeMs: TimeMs
}): {
  readonly isActive: (signer: Signer) => boolean
  /** Of a signer whose key is active in the parent's state. */
  readonly isStillActive: (signer: Signer, now: Overlay) => boolean
} {
  const { rules, state, timeMs } = block
  const { isActiveKey } = rules.list.identity
  /** The key of each account that was looked up last. */
  const looked = new Map<AccountId, { readonly publicKey: PublicKey; readonly isActive: boolean }>()
  /** The applications that were asked: the registry, as long as it alone knows identities. */
  const asked = new Set<number>()
  const recorder: Reader = {
    get: (at) => {
      asked.add(at.app)
      return state.get(at)
    },
  }
  return {
    isActive: (signer) => {
      const { account, publicKey } = signer
      const known = looked.get(account)
      if (known?.publicKey === publicKey) return known.isActive
      const isActive = isActiveKey(recorder, signer, timeMs)
      looked.set(account, { publicKey, isActive })
      return isActive
    },
    isStillActive: (signer, now) => {
      for (const app of asked) if (now.hasChanged(app)) return isActiveKey(now, signer, timeMs)
      return true
    },
  }
}

/** Units of this block. */
type Used = { used: number }
type Payer = Used & { readonly organization: Used | undefined }

/** Verification units by block, account and organization, and the block's size. */
export function createBudget(block: { readonly rules: Rules; readonly state: Reader }): {
  readonly check: (transaction: Transaction, acts: Acts) => BudgetCode | undefined
  readonly add: (transaction: Transaction, acts: Acts) => void
  readonly cost: () => number
} {
  const { rules, state } = block
  const { blockBudget, accountShare, organizationShare } = rules.parameters
  const envelopeMost = envelopeBudget(rules.parameters)
  const ofAccount = Math.floor((blockBudget * accountShare) / 100)
  const ofOrganization = Math.floor((blockBudget * organizationShare) / 100)
  const organizations = new Map<OrganizationId, Used>()
  const payers = new Map<AccountId, Payer>()
  let cost = 0
  let bytes = 0
  let count = 0
  const organizationOf = (account: AccountId): Used | undefined => {
    const id = rules.list.identity.organizationOf(state, account)
    if (id === undefined) return undefined
    const known = organizations.get(id) ?? { used: 0 }
    organizations.set(id, known)
    return known
  }
  const payerOf = ({ body }: Transaction): Payer => {
    const account = body.signers[0]?.account as AccountId
    let payer = payers.get(account)
    if (payer === undefined) {
      payer = { used: 0, organization: organizationOf(account) }
      payers.set(account, payer)
    }
    return payer
  }
  return {
    check: (transaction, acts) => {
      const { used, organization } = payerOf(transaction)
      const most = Math.min(
        envelopeMost,
        ofAccount,
        organization === undefined ? ofAccount : ofOrganization,
      )
      if (acts.cost > most) return 'TOO_HEAVY'
      if (bytes + transaction.bytes.length > BLOCK_BYTES_MAX) return 'TOO_LARGE'
      if (count >= BLOCK_TRANSACTIONS_MAX) return 'TOO_LARGE'
      if (cost + acts.cost > blockBudget) return 'OVER_BUDGET'
      if (used + acts.cost > ofAccount) return 'OVER_BUDGET'
      return organization !== undefined && organization.used + acts.cost > ofOrganization
        ? 'OVER_BUDGET'
        : undefined
    },
    add: (transaction, acts) => {
      const payer = payerOf(transaction)
      cost += acts.cost
      bytes += transaction.bytes.length
      count += 1
      payer.used += acts.cost
      if (payer.organization !== undefined) payer.organization.used += acts.cost
    },
    cost: () => cost,
  }
}
