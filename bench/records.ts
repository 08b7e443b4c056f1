// Private records: made by a hospital, checked by a validator, alone and eight under one range proof; one core.
import { randomBytes } from 'node:crypto'
import { publicKeyTable } from '../apps/vault/state.ts'
import { createKeyPair } from '../client/vault/entropy.ts'
import { buildRecord, buildRecordBatch, invoiceNullifier } from '../client/vault/record.ts'
import { createNativeSuite } from '../node/crypto/suite.ts'
import type { Payload, TxType } from '../vm/app.ts'
import { assert } from '../vm/assert.ts'
import { fromHex, toHex } from '../vm/bytes.ts'
import { encode } from '../vm/codec.ts'
import { encodeBody, encodeEnvelope } from '../vm/transaction.ts'
import type { Hex } from '../vm/types.ts'
import { vaultType } from './vault.ts'

export type RecordFigures = {
  readonly madeAlonePerSecond: number
  readonly checkedAlonePerSecond: number
  readonly madeInBatchPerSecond: number
  readonly checkedInBatchPerSecond: number
  /** Of the envelope in the block, for each record. */
  readonly bytesAlone: number
  readonly bytesInBatch: number
}

const BATCH = 8
const ROUNDS = 4

const random = (size: number) => new Uint8Array(randomBytes(size))
const id = (): Hex => toHex(random(32))

/** By CPU time of this thread, as the unit is, so that whoever else runs does not count. */
function perSecond(count: number, work: () => void): number {
  const before = process.threadCpuUsage()
  work()
  const { user, system } = process.threadCpuUsage(before)
  return (count * 1_000_000) / (user + system)
}

/** Size of a transaction with one signature. */
function envelopeBytes(type: TxType, built: unknown): number {
  const payload = type.payload.toCbor(built as Payload)
  const body = {
    version: 1,
    chainId: id(),
    tag: type.tag,
    payload,
    validUntil: Date.now(),
  } as const
  const signers = [{ account: id(), publicKey: id() }]
  const salt = toHex(random(8))
  return encodeEnvelope(encodeBody({ ...body, salt, signers }), [random(64)]).length
}

export async function measureRecords(): Promise<RecordFigures> {
  const crypto = await createNativeSuite()
  const tools = { group: crypto.group, range: crypto }
  const [key, tag] = ['key', 'tag'].map((label) => createKeyPair(crypto.group, random(32), label))
  assert(key !== undefined && tag !== undefined, 'two keys')
  const point = fromHex(key.publicKey)
  const publicKey = encode(publicKeyTable.value, point)
  const chainId = id()
  const writing = () => ({
    chainId,
    account: id(),
    committee: id(),
    epoch: 0,
    key: point,
    writerSecret: random(32),
    entropy: random(32),
  })
  const invoice = (place: number) => ({
    amount: BigInt(100_000 + place),
    tag: tag.publicKey,
    policy: id(),
    period: 0,
    nullifier: invoiceNullifier(random(32), `invoice ${place}`),
  })
  const check = (type: TxType, payload: unknown): void => {
    const verdict = type.verify?.({
      chainId,
      payload: payload as Payload,
      facts: [publicKey],
      crypto,
    })
    assert(verdict?.ok === true, 'an honest record holds')
  }
  const alone = vaultType('vault.record')
  const together = vaultType('vault.recordBatch')
  const warmUp = Array.from({ length: BATCH }, (_, place) => invoice(place))
  const bytesInBatch = envelopeBytes(together, buildRecordBatch(tools, writing(), warmUp)) / BATCH
  const bytesAlone = Math.max(
    ...warmUp.map((one) => envelopeBytes(alone, buildRecord(tools, writing(), one))),
  )
  for (const one of warmUp) check(alone, buildRecord(tools, writing(), one))
  check(together, buildRecordBatch(tools, writing(), warmUp))
  const singles: unknown[] = []
  const batches: unknown[] = []
  const count = BATCH * ROUNDS
  return {
    bytesAlone,
    bytesInBatch,
    madeAlonePerSecond: perSecond(count, () => {
      for (let made = 0; made < count; made++) {
        singles.push(buildRecord(tools, writing(), invoice(made)))
      }
    }),
    checkedAlonePerSecond: perSecond(count, () => {
      for (const payload of singles) check(alone, payload)
    }),
    madeInBatchPerSecond: perSecond(count, () => {
      for (let round = 0; round < ROUNDS; round++) {
        const invoices = Array.from({ length: BATCH }, (_, place) => invoice(place))
        batches.push(buildRecordBatch(tools, writing(), invoices))
      }
    }),
    checkedInBatchPerSecond: perSecond(count, () => {
      for (const payload of batches) check(together, payload)
    }),
  }
}
