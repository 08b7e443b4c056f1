// Frozen transactions of every type with proofs: both implementations accept them, on their own chain and with their own facts only.
import { readFileSync } from 'node:fs'
import t from 'tap'
import { vault } from '../../../apps/vault/index.ts'
import { assert } from '../../../vm/assert.ts'
import { fromHex, toHex } from '../../../vm/bytes.ts'
import type { JsonValue } from '../../../vm/codec.ts'
import { referenceSuite } from '../../../vm/crypto/reference.ts'
import type { Hex } from '../../../vm/types.ts'
import { idOf, suite } from './world.ts'

type Frozen = {
  readonly type: string
  /** What kind of it, where one type has several. */
  readonly why?: string
  readonly chainId: Hex
  readonly payload: JsonValue
  readonly facts: readonly Hex[]
}

const { verified } = JSON.parse(
  readFileSync(new URL('../../vectors/vault.json', import.meta.url), 'utf8'),
) as { readonly verified: readonly Frozen[] }

t.test('every type with proofs is among them, and settling in each of its ways', async (t) => {
  const proven = vault.txs.flatMap(({ name, verify }) => (verify === undefined ? [] : [name]))
  t.strictSame(new Set(verified.map(({ type }) => type)), new Set(proven))
  const ways = verified.flatMap(({ type, why }) => (type === 'query.settle' ? [why ?? '-'] : []))
  t.strictSame(ways.sort(), ['-', 'committed', 'plain', 'scalar'])
})

for (const { type, why, chainId, payload: json, facts: frozen } of verified)
  t.test(`${type}${why === undefined ? '' : `, ${why}`}`, async (t) => {
    const tx = vault.txs.find(({ name }) => name === type)
    assert(tx?.verify, `${type} has proofs`)
    const payload = tx.payload.fromJson(json)
    t.strictSame(tx.payload.toJson(tx.payload.fromCbor(tx.payload.toCbor(payload))), json)
    const facts = frozen.map((hex) => fromHex(hex))
    const place = { chainId, payload, facts }
    t.strictSame(tx.verify({ ...place, crypto: suite }), { ok: true }, 'native')
    t.strictSame(tx.verify({ ...place, crypto: referenceSuite }), { ok: true }, 'reference')
    const elsewhere = { ...place, chainId: idOf('another chain') }
    const native = tx.verify({ ...elsewhere, crypto: suite })
    t.notOk(native.ok, 'on another chain')
    t.strictSame(tx.verify({ ...elsewhere, crypto: referenceSuite }), native, 'for the same reason')
    t.strictSame(facts.map(toHex), frozen)
  })
