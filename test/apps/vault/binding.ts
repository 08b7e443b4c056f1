// What every proof is tried with: each part of its transaction changed, another chain, other facts, a proof of another object, garbage.
import type { Test } from 'tap'
import { appList } from '../../../apps/index.ts'
import { VAULT } from '../../../apps/vault/tags.ts'
import type { Payload, TxType, Verdict } from '../../../vm/app.ts'
import { assert } from '../../../vm/assert.ts'
import { CodecError, type JsonValue } from '../../../vm/codec.ts'
import type { Digest } from '../../../vm/types.ts'
import { mutations } from '../mutations.ts'
import { idOf, suite, type TypeName, type World } from './world.ts'

export type Sample = {
  readonly tx: TxType
  readonly payload: Payload
  readonly facts: readonly Uint8Array[]
}

export function sampleOf(world: World, type: TypeName, built: unknown): Sample {
  const tx = appList.apps.find(({ tag }) => tag === VAULT)?.txs.find(({ name }) => name === type)
  assert(tx, `${type} is registered`)
  const payload = tx.payload.fromCbor(tx.payload.toCbor(built as never))
  const facts = (tx.facts?.(payload) ?? []).map((key) => {
    const fact = world.state().get(key)
    assert(fact, 'the fact is on the ledger')
    return fact
  })
  return { tx, payload, facts }
}

export function verdictOf(chainId: Digest, { tx, payload, facts }: Sample): Verdict {
  assert(tx.verify, `${tx.name} has proofs`)
  return tx.verify({ chainId, payload, facts, crypto: suite })
}

type Tried = {
  readonly chainId: Digest
  readonly sample: Sample
  /** The same type about another object. */
  readonly other: Sample | undefined
}

/** A change may leave what no payload says. */
function tryDecode(tx: TxType, json: JsonValue): Payload | undefined {
  try {
    return tx.payload.fromJson(json)
  } catch (error) {
    if (error instanceof CodecError) return undefined
    throw error
  }
}

/** Nothing of the transaction, its chain or its facts can be another. */
export function checkBinding(t: Test, { chainId, sample, other }: Tried): void {
  const { tx, payload, facts } = sample
  t.same(verdictOf(chainId, sample), { ok: true })
  t.same(verdictOf(idOf('another chain'), sample).ok, false, 'another chain')
  for (const changed of mutations(tx.payload.toJson(payload))) {
    const forged = tryDecode(tx, changed.json)
    if (forged === undefined) t.pass(`${changed.path}: no payload at all`)
    else t.same(verdictOf(chainId, { tx, facts, payload: forged }).ok, false, changed.path)
  }
  const foreign = other?.facts ?? []
  facts.forEach((_, position) => {
    const exchanged = facts.map((fact, i) => (i === position ? (foreign[i] ?? fact) : fact))
    t.same(verdictOf(chainId, { ...sample, facts: exchanged }).ok, false, `fact ${position}`)
  })
}

/** No proof of another object of the type fits. */
export function checkForeign(t: Test, { chainId, sample, other }: Tried): void {
  const { tx, payload, facts } = sample
  assert(other, 'the same type')
  t.same(verdictOf(chainId, other), { ok: true })
  const [mine, theirs] = [tx.payload.toJson(payload), tx.payload.toJson(other.payload)]
  const proofs = Object.keys(mine as object).filter((key) => /proof/i.test(key))
  for (const key of proofs) {
    const swapped = { ...(mine as object), [key]: (theirs as Record<string, JsonValue>)[key] }
    const forged = { tx, facts, payload: tx.payload.fromJson(swapped) }
    t.same(verdictOf(chainId, forged).ok, false, key)
  }
}

/** Every byte string of the payload full of the same byte: a refusal, never an exception. */
export function checkGarbage(t: Test, { chainId, sample }: Tried): void {
  const { tx, facts } = sample
  const json = tx.payload.toJson(sample.payload)
  for (const byte of ['00', 'ff', '80']) {
    const spoil = (value: JsonValue): JsonValue => {
      if (typeof value === 'string' && value.startsWith('0x'))
        return `0x${byte.repeat((value.length - 2) / 2)}`
      if (Array.isArray(value)) return value.map(spoil)
      if (typeof value === 'object' && value !== null)
        return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, spoil(v)]))
      return value
    }
    const payload = tx.payload.fromJson(spoil(json))
    t.same(verdictOf(chainId, { ...sample, payload, facts }).ok, false, `${tx.name} ${byte}`)
  }
}
