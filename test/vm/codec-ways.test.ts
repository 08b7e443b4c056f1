// The quick way of every public codec says what the way by the library says, in bytes, values and refusals.
import { isDeepStrictEqual } from 'node:util'
import t from 'tap'
import { appList } from '../../apps/index.ts'
import * as protocol from '../../node/protocol.ts'
import { batchCodec } from '../../vm/batch.ts'
import {
  type Codec,
  decode,
  decodeByLibrary,
  encode,
  encodeByLibrary,
  encoded,
  raw,
} from '../../vm/codec.ts'
import { bodyCodec } from '../../vm/transaction.ts'
import { codecs as frozen } from '../docs/wire-codecs.ts'
import { inputsOf } from '../fuzz/inputs.ts'
import { codecTarget, valuesOf } from '../fuzz/target.ts'
import { createRandom } from '../sim/random.ts'

type AnyCodec = Codec<unknown>

const codecs = new Map<string, AnyCodec>([
  ...Object.entries(frozen as unknown as Record<string, AnyCodec>),
  ...Object.entries(protocol as unknown as Record<string, AnyCodec>).filter(([name]) =>
    name.endsWith('Codec'),
  ),
  ['body', bodyCodec as AnyCodec],
  ['batch', batchCodec as AnyCodec],
])
for (const app of appList.apps) {
  for (const { name, payload } of app.txs) codecs.set(`${app.name}/${name}`, payload as AnyCodec)
}

type Result = { readonly value: unknown } | { readonly error: string }

/** What becomes of it; refusals by their words, other errors by their kind. */
function resultOf(go: () => unknown): Result {
  try {
    return { value: go() }
  } catch (error) {
    return { error: error instanceof TypeError ? 'TypeError' : `${error}` }
  }
}

t.test('both ways read the same from whatever bytes, and refuse with the same words', async (t) => {
  for (const [name, codec] of codecs) {
    let accepted = 0
    let refused = 0
    for (const { bytes } of inputsOf(codecTarget(name, codec), 7, 400)) {
      const quick = resultOf(() => decode(codec, bytes))
      const reference = resultOf(() => decodeByLibrary(codec, bytes))
      if ('value' in quick) accepted += 1
      else refused += 1
      if (isDeepStrictEqual(quick, reference)) continue
      t.fail(`${name}: ${Buffer.from(bytes).toString('hex')}`, { quick, reference })
      break
    }
    t.ok(accepted > 0 && refused > 0, `${name}: ${accepted} accepted, ${refused} refused`)
  }
})

t.test('what is left encoded is just what would decode, and keeps its bytes', async (t) => {
  const outcomes = { accepted: 0, refused: 0 }
  for (const [name, codec] of codecs) {
    for (const { bytes } of inputsOf(codecTarget(name, codec), 5, 60)) {
      const whole = resultOf(() => decode(raw, bytes))
      const left = resultOf(() => decode(encoded, bytes))
      const expected = 'error' in whole ? whole : { value: bytes }
      outcomes['error' in whole ? 'refused' : 'accepted'] += 1
      if (isDeepStrictEqual(left, expected)) continue
      t.fail(`${name}: ${Buffer.from(bytes).toString('hex')}`, { left, expected })
      break
    }
  }
  t.ok(outcomes.accepted > 1_000 && outcomes.refused > 1_000, JSON.stringify(outcomes))
})

const wrongs: readonly unknown[] = [
  undefined,
  null,
  -1,
  1.5,
  7,
  2 ** 53,
  5n,
  2n ** 64n,
  true,
  '0xABCD',
  `0x${'0g'.repeat(32)}`,
  `${'0'.repeat(66)}`,
  'caf\u00e9',
  '\ufeff',
  '\u0007',
  'a'.repeat(300),
  new Uint8Array(3),
  new Uint8Array(64),
  [],
]

/** The same value with one thing in it, chosen by chance, that is likely to be wrong. */
function spoiled(value: unknown, random: ReturnType<typeof createRandom>): unknown {
  if (typeof value === 'object' && value !== null && !(value instanceof Uint8Array)) {
    const keys = Object.keys(value)
    if (keys.length > 0 && random.chance(0.9)) {
      const key = random.pick(keys)
      const changed = spoiled((value as Record<string, unknown>)[key], random)
      if (Array.isArray(value)) return value.with(Number(key), changed)
      return { ...value, [key]: changed }
    }
  }
  return wrongs[random.below(wrongs.length)]
}

t.test('both ways write the same for whatever value, and refuse with the same words', async (t) => {
  for (const [name, codec] of codecs) {
    const random = createRandom(11)
    const values = valuesOf(codec, 3, 60)
    t.ok(values.length > 0, name)
    // Tree nodes are written without a look at their fields.
    const changes = name === 'stale-nodes' ? [] : values.flatMap((one) => [one, one])
    for (const value of [...values, ...changes.map((one) => spoiled(one, random))]) {
      const quick = resultOf(() => encode(codec, value))
      const reference = resultOf(() => encodeByLibrary(codec, value))
      if (isDeepStrictEqual(quick, reference)) continue
      t.fail(name, { value, quick, reference })
      break
    }
  }
})
