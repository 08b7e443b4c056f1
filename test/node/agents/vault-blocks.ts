// Blocks of vault acts as a helper sees them after verification, and the helper's own state over a memory store.
import { randomBytes } from 'node:crypto'
import { appList } from '../../../apps/index.ts'
import type { QueryOpen, RecordBatch } from '../../../apps/vault/payloads.ts'
import { recordBatch } from '../../../apps/vault/record-batch.ts'
import { committeeTable } from '../../../apps/vault/state.ts'
import { createSeedSigner } from '../../../client/signer.ts'
import { type Act, act, signTransaction } from '../../../client/transaction.ts'
import type { ProvenBlock, Tip } from '../../../node/agents/block.ts'
import { openOwnState } from '../../../node/agents/helper/own-state.ts'
import { createReading } from '../../../node/agents/helper/reading.ts'
import { silentLogger } from '../../../node/logger.ts'
import { createMemoryStore } from '../../../node/store/memory.ts'
import { toHex } from '../../../vm/bytes.ts'
import { ristretto255 as group } from '../../../vm/crypto/ristretto255.ts'
import { createRules, defaultParameters } from '../../../vm/rules.ts'
import { decodeTransaction } from '../../../vm/transaction.ts'
import type { Hex } from '../../../vm/types.ts'

export const id = (byte: string): Hex => `0x${byte.repeat(32)}` as Hex
export const chainId = id('c1')
export const HELPER = id('01')
export const HOSPITAL = id('02')
export const INSURER = id('03')

const vault = {
  minimumSetSize: 3,
  complaintWindowMs: 1_500,
  ackWindowMs: 60_000,
  queryDeadlineMs: 60_000,
  openQueriesMax: 16,
  currency: 'USD',
  serverBondMin: 0n,
  dealerBondMin: 0n,
}

const dealt = {
  account: HOSPITAL,
  organization: id('0f'),
  epoch: 1,
  minimum: 2,
  currency: 'USD',
  dealtMs: 0,
  complaintsEndMs: 0,
  acksEndMs: 0,
  acks: [],
  fault: null,
}

function tipAt(height: number): Tip {
  const validator = {
    account: id('04'),
    organization: id('05'),
    consensusKey: id('06'),
    peerKey: id('07'),
  }
  return { chainId, engine: 'pbft', height, id: id('00'), validators: [validator] }
}

/** A point whose discrete logarithm is known to the test. */
export function point(exponent: bigint): Uint8Array {
  return group.encode(group.multiplyBase(exponent))
}

/** A helper that reads; `take` hands it a block of acts that took effect, unless `code` says otherwise. */
export async function createReader(committee: Hex) {
  const rules = createRules({
    chainId,
    engine: 'pbft',
    parameters: defaultParameters,
    list: appList,
  })
  const own = openOwnState(createMemoryStore())
  const log = silentLogger()
  const reading = createReading({ rules, committee, account: HELPER, vault, log })
  const signer = createSeedSigner({ account: INSURER, seed: new Uint8Array(32).fill(9) })
  let height = 0
  const first = own.overlay()
  committeeTable.put(first, dealt, committee)
  await own.commit(first, { tip: tipAt(height), openQueries: [] })
  const proven = async (one: Act, code: string) => {
    const order = { chainId, act: one, validUntil: 10 ** 12, signers: [signer] }
    const transaction = decodeTransaction((await signTransaction(order)).bytes)
    const { tag } = one
    const { id: txId } = transaction
    const receipt = { txId, tag, code, items: [], cost: 1, writeSetHash: id('00') }
    return { transaction, receipt }
  }
  const take = async (acts: readonly Act[], { timeMs = 0, code = '' } = {}): Promise<void> => {
    height += 1
    const header = {
      version: 1,
      chainId,
      height,
      timeMs: timeMs === 0 ? height * 1_000 : timeMs,
      parent: id('00'),
      txRoot: id('00'),
      receiptRoot: id('00'),
      eventRoot: id('00'),
      stateRoot: id('00'),
      validatorsRoot: id('00'),
      proposer: HOSPITAL,
    } as const
    const transactions = await Promise.all(acts.map((one) => proven(one, code)))
    const block: ProvenBlock = { header, id: id('00'), transactions }
    const overlay = own.overlay()
    const openQueries = reading.read(overlay, block, own.openQueries())
    await own.commit(overlay, { tip: tipAt(height), openQueries })
  }
  return { own, take }
}

/** A batch of records with R = exponent·B each; nothing in it is proven, as nobody checks proofs twice. */
export function records(
  committee: Hex,
  { tag, policy, exponents }: { tag: Hex; policy: Hex; exponents: readonly bigint[] },
): { readonly act: Act; readonly payload: RecordBatch } {
  const payload: RecordBatch = {
    account: HOSPITAL,
    committee,
    epoch: 1,
    records: exponents.map((exponent) => ({
      nonce: toHex(randomBytes(16)),
      ephemeral: point(exponent),
      ciphertext: point(exponent + 1n),
      commitment: point(exponent + 2n),
      tag,
      policy,
      period: 0,
      nullifier: toHex(randomBytes(32)),
      box: new Uint8Array(72),
      document: null,
      proof: new Uint8Array(160),
    })),
    rangeProof: new Uint8Array(608),
  }
  return { act: act(recordBatch, payload), payload }
}

/** A question with a fresh answer key. */
export function question(committee: Hex, about: Pick<QueryOpen, 'target' | 'consent'>): QueryOpen {
  return {
    account: INSURER,
    committee,
    epoch: 1,
    ...about,
    answerKey: point(BigInt(1 + randomBytes(4).readUInt32BE())),
    proof: new Uint8Array(64),
    fee: 0n,
  }
}
