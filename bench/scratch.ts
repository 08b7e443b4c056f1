// A ledger in memory, without blocks and signatures: what one transaction of the vault costs in each of its steps.
import { accounts, organizations } from '../apps/registry/state.ts'
import { parametersTable } from '../apps/vault/state.ts'
import type { Payload } from '../vm/app.ts'
import { assert } from '../vm/assert.ts'
import { asciiBytes } from '../vm/bytes.ts'
import type { CryptoSuite } from '../vm/crypto/suite.ts'
import { digest } from '../vm/hash.ts'
import { createOverlay, emptyState, type Reader } from '../vm/state.ts'
import type { Hex } from '../vm/types.ts'
import { vaultType } from './vault.ts'

const START_MS = 1_800_000_000_000
const COMPLAINTS_MS = 1_000
const HOUR_MS = 3_600_000

/** The id of a named account, organization or anything else. */
export const idOf = (name: string): Hex => digest('bench', asciiBytes(name))

/** 32 bytes that depend on a word: measurements need no secrets. */
export function entropyOf(word: string): Uint8Array {
  return asciiBytes(digest('bench-entropy', asciiBytes(word))).subarray(2, 34)
}

/**
 * Time for each of so many repetitions, by the clock: the CPU time of a thread comes in pieces of milliseconds, which many of these steps
 * do not last. `steady` leaves out what others have interrupted.
 */
export function microsOf(repetitions: number, work: (place: number) => void): number {
  const before = performance.now()
  for (let place = 0; place < repetitions; place++) work(place)
  return ((performance.now() - before) * 1_000) / repetitions
}

/** Time of the proofs of one transaction, and of its execution, in microseconds. */
export type Spent = { readonly verify: number; readonly execute: number }

type Kind = 'hospital' | 'insurer' | 'host'
type Role = 'hospital' | 'insurer' | 'helper' | 'patient'

/** Everybody has no money and no bond: faults are written down and cost nothing. */
function seed() {
  const state = createOverlay(emptyState)
  parametersTable.put(state, {
    minimumSetSize: 3,
    complaintWindowMs: COMPLAINTS_MS,
    ackWindowMs: HOUR_MS,
    queryDeadlineMs: HOUR_MS,
    openQueriesMax: 256,
    currency: 'USD',
    serverBondMin: 0n,
    dealerBondMin: 0n,
    disputeWindowMs: HOUR_MS,
    disputeDeposit: 0n,
  })
  const enter = (name: string, role: Role, kind?: Kind) => {
    const organization = kind === undefined ? null : idOf(`organization of ${name}`)
    if (organization !== null && kind !== undefined)
      organizations.put(state, { name, kind, status: 'active', founding: false }, organization)
    const keys = [{ publicKey: idOf(`key of ${name}`), status: 'active', fromMs: 0, untilMs: null }]
    const account = { organization, roles: [role], status: 'active', encryptionKey: null, keys }
    accounts.put(state, account as Parameters<typeof accounts.put>[1], idOf(name))
  }
  enter('hospital', 'hospital', 'hospital')
  enter('insurer', 'insurer', 'insurer')
  enter('patient', 'patient')
  for (let seat = 1; seat <= 5; seat++) enter(`server ${seat}`, 'helper', 'host')
  return state
}

export type Scratch = ReturnType<typeof createScratch>

export function createScratch(crypto: CryptoSuite) {
  const chainId = idOf('chain')
  let state = seed()
  let timeMs = START_MS
  let height = 1

  /** Verifies and executes one transaction, which must be accepted; on a copy of the state that is thrown away if `isTrial`. */
  function run(name: string, built: unknown, signer: string, isTrial = false): Spent {
    const type = vaultType(name)
    const payload: Payload = type.payload.fromCbor(type.payload.toCbor(built as Payload))
    const overlay = createOverlay(state)
    const facts = (type.facts?.(payload) ?? []).map((key) => {
      const fact = overlay.get(key)
      assert(fact !== undefined, `${name} finds its facts`)
      return fact
    })
    timeMs += 1
    height += 1
    const txId = idOf(`transaction ${height}`)
    const signers = [idOf(signer)]
    const context = { chainId, engine: 'pbft', height, timeMs, txId, item: 0, signers } as const
    const verify = microsOf(1, () => {
      const verdict = type.verify?.({ chainId, payload, facts, crypto })
      assert(verdict === undefined || verdict.ok, `${name} is proven`)
    })
    const refusal = type.authorize(overlay, payload, context)
    assert(refusal === undefined, `${name} is allowed: ${refusal?.code}`)
    const execute = microsOf(1, () => {
      const outcome = type.execute(overlay, payload, context)
      assert(outcome.ok, `${name} takes effect`)
    })
    if (!isTrial) state = overlay
    return { verify, execute }
  }

  return {
    chainId,
    run,
    state: (): Reader => state,
    now: () => timeMs,
    /** Until acknowledgements are accepted. */
    passComplaints: () => {
      timeMs += COMPLAINTS_MS
    },
  }
}

/** The median of several, without the first ones: these are of code that is not compiled yet. */
export function steady(all: readonly number[]): number {
  const kept = all.slice(Math.floor(all.length / 3)).toSorted((left, right) => left - right)
  const middle = kept[Math.floor(kept.length / 2)]
  assert(middle !== undefined, 'something was measured')
  return middle
}
