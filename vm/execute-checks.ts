// What makes a block invalid: the window, the chain, active keys in the parent's state, budgets and sizes.
import type { Acts } from './batch.ts'
import { BLOCK_BYTES_MAX, BLOCK_TRANSACTIONS_MAX } from './limits.ts'
import { envelopeBudget, type Rules } from './rules.ts'
import type { Reader, StateKey, Write } from './state.ts'
import type { Signer, Transaction } from './transaction.ts'
import type { AccountId, Digest, OrganizationId, TimeMs } from './types.ts'

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

type Looked = { readonly isActive: boolean; readonly read: readonly StateKey[] }

/** Keys of signers, in the parent's state and again where the block has changed what that rested on. */
export function createKeyCheck(block: {
  readonly rules: Rules
  readonly state: Reader
  readonly timeMs: TimeMs
}): {
  readonly isActive: (signer: Signer) => boolean
  readonly isStillActive: (signer: Signer, now: Reader) => boolean
  readonly note: (writes: readonly Write[]) => void
} {
  const { rules, state, timeMs } = block
  const looked = new Map<string, Looked>()
  const changed = new Set<string>()
  const nameOf = ({ app, key }: StateKey) => `${app}/${key}`
  const look = (signer: Signer): Looked => {
    const name = signer.account + signer.publicKey
    let known = looked.get(name)
    if (known === undefined) {
      const read: StateKey[] = []
      const recorder: Reader = {
        get: (at) => {
          read.push(at)
          return state.get(at)
        },
      }
      known = { isActive: rules.list.identity.isActiveKey(recorder, signer, timeMs), read }
      looked.set(name, known)
    }
    return known
  }
  return {
    isActive: (signer) => look(signer).isActive,
    isStillActive: (signer, now) => {
      const { isActive, read } = look(signer)
      if (!read.some((at) => changed.has(nameOf(at)))) return isActive
      return rules.list.identity.isActiveKey(now, signer, timeMs)
    },
    note: (writes) => {
      for (const write of writes) changed.add(nameOf(write))
    },
  }
}

/** Verification units by block, account and organization, and the block's size. */
export function createBudget(block: { readonly rules: Rules; readonly state: Reader }): {
  readonly check: (transaction: Transaction, acts: Acts) => BudgetCode | undefined
  readonly add: (transaction: Transaction, acts: Acts) => void
  readonly cost: () => number
} {
  const { rules, state } = block
  const { blockBudget, accountShare, organizationShare } = rules.parameters
  const ofAccount = Math.floor((blockBudget * accountShare) / 100)
  const ofOrganization = Math.floor((blockBudget * organizationShare) / 100)
  const organizations = new Map<AccountId, OrganizationId | undefined>()
  const used = new Map<AccountId | OrganizationId, number>()
  let cost = 0
  let bytes = 0
  let count = 0
  const payers = (transaction: Transaction) => {
    const account = transaction.body.signers[0]?.account as AccountId
    if (!organizations.has(account)) {
      organizations.set(account, rules.list.identity.organizationOf(state, account))
    }
    return { account, organization: organizations.get(account) }
  }
  const usedBy = (id: AccountId | OrganizationId | undefined) => (id && used.get(id)) ?? 0
  return {
    check: (transaction, acts) => {
      const { account, organization } = payers(transaction)
      const most = Math.min(
        envelopeBudget(rules.parameters),
        ofAccount,
        organization === undefined ? ofAccount : ofOrganization,
      )
      if (acts.cost > most) return 'TOO_HEAVY'
      if (bytes + transaction.bytes.length > BLOCK_BYTES_MAX) return 'TOO_LARGE'
      if (count >= BLOCK_TRANSACTIONS_MAX) return 'TOO_LARGE'
      if (cost + acts.cost > blockBudget) return 'OVER_BUDGET'
      if (usedBy(account) + acts.cost > ofAccount) return 'OVER_BUDGET'
      return usedBy(organization) + acts.cost > ofOrganization && organization !== undefined
        ? 'OVER_BUDGET'
        : undefined
    },
    add: (transaction, acts) => {
      const { account, organization } = payers(transaction)
      cost += acts.cost
      bytes += transaction.bytes.length
      count += 1
      used.set(account, usedBy(account) + acts.cost)
      if (organization !== undefined) used.set(organization, usedBy(organization) + acts.cost)
    },
    cost: () => cost,
  }
}
