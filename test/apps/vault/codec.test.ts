// The bytes of the vault: payloads survive every input, tags and golden bytes are frozen, examples decode.
import { readFileSync } from 'node:fs'
import t from 'tap'
import { codes } from '../../../apps/vault/codes.ts'
import {
  classKeysHash,
  committeeId,
  consentId,
  faultId,
  keysHash,
  queryId,
  recordId,
  setHash,
} from '../../../apps/vault/ids.ts'
import { vault } from '../../../apps/vault/index.ts'
import { TAGS } from '../../../apps/vault/tags.ts'
import { assert } from '../../../vm/assert.ts'
import { receiptCodec } from '../../../vm/block.ts'
import { toHex } from '../../../vm/bytes.ts'
import { encode, type JsonValue } from '../../../vm/codec.ts'
import { basesOf } from '../../../vm/crypto/bases.ts'
import { ristretto255 } from '../../../vm/crypto/ristretto255.ts'
import { fuzzPayloads } from '../fuzz-payloads.ts'

type Vector = { readonly tag: number; readonly json: JsonValue; readonly cbor: string }
const vectors = JSON.parse(
  readFileSync(new URL('../../vectors/vault.json', import.meta.url), 'utf8'),
) as {
  readonly payloads: Readonly<Record<string, Vector>>
  readonly ids: Readonly<Record<string, string>>
  readonly bases: Readonly<Record<string, string>>
}

t.test('payload bytes and tags are those that were frozen', async (t) => {
  t.same(Object.keys(vectors.payloads).sort(), Object.keys(TAGS).sort())
  t.same(
    vault.txs.map(({ name, tag }) => [name, tag]),
    Object.entries(TAGS),
  )
  for (const { name, tag, payload } of vault.txs) {
    const vector = vectors.payloads[name]
    assert(vector, name)
    t.equal(tag, vector.tag)
    t.equal(toHex(encode(payload, payload.fromJson(vector.json))), vector.cbor, name)
  }
})

const x = (byte: string, size = 32) => `0x${byte.repeat(size)}` as const

t.test('identifiers and bases are those that were frozen', async (t) => {
  const [account, committee, nonce] = [x('01'), x('02'), x('03', 16)]
  const bucket = { tag: x('04'), policy: x('05'), period: 6 }
  const set = setHash(committee, { kind: 'segment', bucket, segment: 7 })
  const answerKey = new Uint8Array(32).fill(8)
  const key = new Uint8Array(32).fill(9)
  const fault = {
    kind: 'bad-share',
    object: committee,
    epoch: 1,
    culprit: account,
    index: 2,
  } as const
  t.same(
    {
      committee: committeeId({ account, nonce }),
      record: recordId({ committee, account, nonce }),
      consent: consentId({ account, nonce }),
      segment: set,
      set: setHash(committee, { kind: 'records', records: [x('0a'), x('0b')] }),
      query: queryId({ committee, account, set, answerKey }),
      keys: keysHash({ committee, epoch: 1, key, serverKeys: [key, answerKey] }),
      fault: faultId(fault),
      classKeys: classKeysHash({ committee, epoch: 1, classKeys: [key, answerKey] }),
    },
    vectors.ids,
  )
  const { H, G2 } = basesOf(ristretto255)
  const bases = { H: toHex(ristretto255.encode(H)), G2: toHex(ristretto255.encode(G2)) }
  t.same(bases, vectors.bases)
})

t.test('examples of types and queries decode', async (t) => {
  for (const { example, payload } of vault.txs)
    t.doesNotThrow(() => payload.fromCbor(payload.toCbor(payload.fromJson(example))))
  for (const view of vault.queries) {
    const state = { get: () => undefined, list: async () => [] }
    const run = () =>
      Promise.resolve(view.run(state, view.example, { height: 1, timeMs: 1 })).then(() => undefined)
    if (view.name === 'vault.parameters') await t.rejects(run())
    else await t.resolves(run(), view.name)
  }
})

t.test('refusal codes fit in a receipt and say what to do', async (t) => {
  const receipt = { txId: x('00'), tag: 1, items: [], cost: 1, writeSetHash: x('00') }
  for (const [code, text] of Object.entries(codes)) {
    t.doesNotThrow(() => encode(receiptCodec, { ...receipt, code }))
    t.match(text, /^[A-Z].*\.$/s)
  }
})

fuzzPayloads(vault)
