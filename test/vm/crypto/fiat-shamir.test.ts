// The official vectors of the Fiat-Shamir draft: sponge, session ids, codecs, and the example protocol over them.
import { readFileSync } from 'node:fs'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import t, { type Test } from 'tap'
import {
  createSponge,
  decodeUint,
  deriveSessionId,
  deserializeField,
  deserializeString,
  serializeField,
  serializeString,
} from '../../../vm/crypto/fiat-shamir.ts'
import { p256 } from '../../../vm/crypto/p256.ts'
import { proveSumcheck, verifySumcheck } from './sumcheck.ts'

type Vector = {
  readonly Id: string
  readonly Function: string
  readonly Input: string
  readonly Output: string
  readonly Modulus: string
  readonly Value: string
  readonly SessionId: string
  readonly Tag?: string
  readonly Operations?: readonly { type: 'absorb' | 'squeeze'; data: string; length: number }[]
  readonly Challenge: string
  readonly ExtensionDegree: number
  readonly Coordinates: readonly string[]
  readonly Expected?: 'reject'
  readonly NumVariables: number
  readonly ClaimedSum: string
  readonly Witness: readonly number[]
  readonly Narg: string
  readonly FinalEvaluation: string
}

function load(name: string): readonly Vector[] {
  return JSON.parse(readFileSync(new URL(`../../vectors/${name}`, import.meta.url), 'utf8'))
}

function replay({ SessionId, Operations = [] }: Vector): Uint8Array {
  const sponge = createSponge(hexToBytes(SessionId))
  const output: number[] = []
  for (const { type, data, length } of Operations) {
    if (type === 'absorb') sponge.absorb(hexToBytes(data))
    else output.push(...sponge.squeeze(length))
  }
  return new Uint8Array(output)
}

function checkSumcheck(t: Test, vector: Vector): void {
  const sessionId = hexToBytes(vector.SessionId)
  const narg = hexToBytes(vector.Narg)
  const common = { sessionId, variables: vector.NumVariables, claimed: BigInt(vector.ClaimedSum) }
  if (vector.Expected === 'reject') {
    t.notOk(verifySumcheck({ ...common, narg, evaluation: 0n }), vector.Id)
    return
  }
  const proved = proveSumcheck(sessionId, vector.Witness.map(BigInt))
  t.equal(bytesToHex(proved.narg), vector.Narg, vector.Id)
  t.equal(proved.evaluation, BigInt(vector.FinalEvaluation), vector.Id)
  t.ok(verifySumcheck({ ...common, ...proved }), vector.Id)
  t.notOk(verifySumcheck({ ...common, narg, evaluation: proved.evaluation + 1n }), vector.Id)
}

const checks: Readonly<Record<string, (t: Test, vector: Vector) => void>> = {
  DuplexSponge: (t, vector) => t.equal(bytesToHex(replay(vector)), vector.Output, vector.Id),
  DeriveSessionID: (t, { Id, Tag = '', Output }) =>
    t.equal(bytesToHex(deriveSessionId(hexToBytes(Tag))), Output, Id),
  DecodeUint: (t, vector) => {
    const replayed = vector.Operations !== undefined
    const bytes = replayed ? replay(vector) : hexToBytes(vector.Input)
    if (replayed) t.equal(bytesToHex(bytes), vector.Output, vector.Id)
    t.equal(decodeUint(bytes, BigInt(vector.Modulus)), BigInt(vector.Challenge), vector.Id)
  },
  SerializeVarLenString: (t, { Id, Input, Output }) => {
    const encoded = serializeString(hexToBytes(Input))
    t.equal(bytesToHex(encoded), Output, Id)
    t.same(deserializeString(encoded), { value: hexToBytes(Input), rest: new Uint8Array(0) }, Id)
  },
  DeserializeVarLenString: (t, { Id, Input }) =>
    t.equal(deserializeString(hexToBytes(Input)), undefined, Id),
  SerializeUint: (t, { Id, Value, Modulus, Output }) =>
    t.equal(bytesToHex(serializeField([BigInt(Value)], BigInt(Modulus))), Output, Id),
  DeserializeUint: (t, { Id, Input, Modulus }) =>
    t.equal(deserializeField(hexToBytes(Input), BigInt(Modulus), 1), undefined, Id),
  SerializeField: (t, { Id, Value, Output }) =>
    t.equal(bytesToHex(p256.encodeScalar(BigInt(Value))), Output, Id),
  DeserializeField: (t, { Id, Input, Modulus, ExtensionDegree, Expected, Coordinates }) => {
    const parsed = deserializeField(hexToBytes(Input), BigInt(Modulus), ExtensionDegree)
    if (Expected === 'reject') return t.equal(parsed, undefined, Id)
    return t.same(parsed?.coordinates, Coordinates.map(BigInt), Id)
  },
  Sumcheck: checkSumcheck,
}

for (const [name, count] of [
  ['irtf-fiatShamirCodecVectors.json', 13],
  ['irtf-fiatShamirShake128Vectors.json', 13],
] as const) {
  t.test(name, async (t) => {
    const vectors = load(name)
    t.equal(vectors.length, count)
    for (const vector of vectors) {
      const check = checks[vector.Function]
      if (check === undefined) t.fail(`${vector.Id}: nothing checks ${vector.Function}`)
      else check(t, vector)
    }
  })
}
