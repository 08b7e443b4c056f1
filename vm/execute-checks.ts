// What makes a block invalid: the window, the chain, active keys in the parent's state, budgets and sizes.
//
// Classes, because each block has its own: methods keep their compiled code, whereas that of closures is gone with the last of them
// at the next collection of old objects, and the block after it starts in the interpreter.
import type { Acts } from './batch.ts'
import { BLOCK_BYTES_MAX, BLOCK_TRANSACTIONS_MAX } from './limits.ts'
import { envelopeBudget, type Rules } from './rules.ts'
import type { Overlay, Reader, StateKey } from './state.ts'
import type { Signer, Transaction } from './transaction.ts'
import type { AccountId, Digest, OrganizationId, PublicKey, TimeMs } from './types.ts'

export type EnvelopeCode = 'WRONG_CHAIN' | 'EXPIRED' | 'TOO_FAR_AHEAD' | 'REPEATED'
export type BudgetCode = 'TOO_HEAVY' | 'OVER_BUDGET' | 'TOO_LARGE'

type EnvelopeBlock = {
  readonly rules: Rules
  readonly timeMs: TimeMs
  /** Whether the id was executed in a block of the window. */
  readonly contains: (id: Digest) => boolean
}

/** Chain, window and ids, of which each counts once. */
export class EnvelopeCheck {
  readonly #block: EnvelopeBlock
  readonly #ids = new Set<Digest>()

  constructor(block: EnvelopeBlock) {
    this.#block = block
  }

  check({ body, id }: Transaction): EnvelopeCode | undefined {
    const { rules, timeMs, contains } = this.#block
    if (body.chainId !== rules.chainId) return 'WRONG_CHAIN'
    if (body.validUntil < timeMs) return 'EXPIRED'
    if (body.validUntil > timeMs + rules.parameters.windowMs) return 'TOO_FAR_AHEAD'
    return this.#ids.has(id) || contains(id) ? 'REPEATED' : undefined
  }

  add(id: Digest): void {
    this.#ids.add(id)
  }
}

/** Remembers which applications were asked. */
class AskedReader implements Reader {
  readonly asked = new Set<number>()
  readonly #below: Reader

  constructor(below: Reader) {
    this.#below = below
  }

  get(at: StateKey): Uint8Array | undefined {
    this.asked.add(at.app)
    return this.#below.get(at)
  }
}

type KeyBlock = { readonly rules: Rules; readonly state: Reader; readonly timeMs: TimeMs }

/** Keys of signers, in the parent's state and again where the block may have changed what that rested on. */
export class KeyCheck {
  readonly #block: KeyBlock
  /** Asks the registry, as long as it alone knows identities. */
  readonly #state: AskedReader
  /** The key of each account that was looked up last. */
  readonly #looked = new Map<AccountId, { publicKey: PublicKey; isActive: boolean }>()

  constructor(block: KeyBlock) {
    this.#block = block
    this.#state = new AskedReader(block.state)
  }

  /** Whether all keys are active in the parent's state. */
  areActive(signers: readonly Signer[]): boolean {
    for (const signer of signers) if (!this.#isActive(signer)) return false
    return true
  }

  /** Of signers whose keys are active in the parent's state. */
  areStillActive(signers: readonly Signer[], now: Overlay): boolean {
    for (const app of this.#state.asked)
      if (now.hasChanged(app)) return this.#areActiveIn(now, signers)
    return true
  }

  #areActiveIn(state: Reader, signers: readonly Signer[]): boolean {
    const { rules, timeMs } = this.#block
    return signers.every((signer) => rules.list.identity.isActiveKey(state, signer, timeMs))
  }

  #isActive(signer: Signer): boolean {
    const { account, publicKey } = signer
    const known = this.#looked.get(account)
    if (known?.publicKey === publicKey) return known.isActive
    const { rules, timeMs } = this.#block
    const isActive = rules.list.identity.isActiveKey(this.#state, signer, timeMs)
    this.#looked.set(account, { publicKey, isActive })
    return isActive
  }
}

/** Units of this block. */
type Used = { used: number }
type Payer = Used & { readonly organization: Used | undefined }

/** Verification units by block, account and organization, and the block's size. */
export class Budget {
  readonly #rules: Rules
  readonly #state: Reader
  readonly #envelopeMost: number
  readonly #ofAccount: number
  readonly #ofOrganization: number
  readonly #organizations = new Map<OrganizationId, Used>()
  readonly #payers = new Map<AccountId, Payer>()
  #cost = 0
  #bytes = 0
  #count = 0

  constructor({ rules, state }: { readonly rules: Rules; readonly state: Reader }) {
    const { blockBudget, accountShare, organizationShare } = rules.parameters
    this.#rules = rules
    this.#state = state
    this.#envelopeMost = envelopeBudget(rules.parameters)
    this.#ofAccount = Math.floor((blockBudget * accountShare) / 100)
    this.#ofOrganization = Math.floor((blockBudget * organizationShare) / 100)
  }

  /** Units used so far. */
  get cost(): number {
    return this.#cost
  }

  check(transaction: Transaction, acts: Acts): BudgetCode | undefined {
    const { used, organization } = this.#payerOf(transaction)
    const most = Math.min(
      this.#envelopeMost,
      this.#ofAccount,
      organization === undefined ? this.#ofAccount : this.#ofOrganization,
    )
    if (acts.cost > most) return 'TOO_HEAVY'
    if (this.#bytes + transaction.bytes.length > BLOCK_BYTES_MAX) return 'TOO_LARGE'
    if (this.#count >= BLOCK_TRANSACTIONS_MAX) return 'TOO_LARGE'
    if (this.#cost + acts.cost > this.#rules.parameters.blockBudget) return 'OVER_BUDGET'
    if (used + acts.cost > this.#ofAccount) return 'OVER_BUDGET'
    return organization !== undefined && organization.used + acts.cost > this.#ofOrganization
      ? 'OVER_BUDGET'
      : undefined
  }

  add(transaction: Transaction, acts: Acts): void {
    const payer = this.#payerOf(transaction)
    this.#cost += acts.cost
    this.#bytes += transaction.bytes.length
    this.#count += 1
    payer.used += acts.cost
    if (payer.organization !== undefined) payer.organization.used += acts.cost
  }

  #payerOf({ body }: Transaction): Payer {
    const account = body.signers[0]?.account as AccountId
    let payer = this.#payers.get(account)
    if (payer === undefined) {
      payer = { used: 0, organization: this.#organizationOf(account) }
      this.#payers.set(account, payer)
    }
    return payer
  }

  #organizationOf(account: AccountId): Used | undefined {
    const id = this.#rules.list.identity.organizationOf(this.#state, account)
    if (id === undefined) return undefined
    const known = this.#organizations.get(id) ?? { used: 0 }
    this.#organizations.set(id, known)
    return known
  }
}
