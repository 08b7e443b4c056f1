// Two helpers of five put their shares together: with t = 3 they learn nothing, and a third one shows that the attempt was right.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Test } from 'tap'
import type { RecordBatch } from '../../apps/vault/payloads.ts'
import { recordBatch } from '../../apps/vault/record-batch.ts'
import { createClient } from '../../client/client.ts'
import { fromHex } from '../../vm/bytes.ts'
import { basesOf } from '../../vm/crypto/bases.ts'
import type { Point } from '../../vm/crypto/group.ts'
import { ristretto255 as group } from '../../vm/crypto/ristretto255.ts'
import { lagrangeAtZero } from '../../vm/crypto/shamir.ts'
import { decodeTransaction } from '../../vm/transaction.ts'
import { expected } from './small-data.ts'

/** The seat of a helper, and its share of the key that all of them made. */
async function shareOf(home: string, helper: number): Promise<readonly [number, bigint]> {
  const path = join(home, 'agents', `helper-${helper}`, 'keys', 'keyset-shares-1.json')
  const { index, shares } = JSON.parse(await readFile(path, 'utf8'))
  const scalar = group.decodeScalar(fromHex(shares[0]))
  if (scalar === undefined) throw new Error(`${path} holds no share`)
  return [index, scalar]
}

type Sums = { readonly R: Point; readonly C: Point }

/** ΣR and ΣC of each bucket, from the blocks that everybody can read. */
async function sumsOf(url: string): Promise<readonly Sums[]> {
  const client = createClient({ url })
  const { height } = await client.head()
  const buckets = new Map<string, Sums>()
  for (let at = 1; at <= height; at++) {
    const block = (await client.call('chain_block', { height: at, envelopes: true })) as {
      readonly envelopes: readonly `0x${string}`[]
    }
    for (const envelope of block.envelopes) {
      const { tag, payload } = decodeTransaction(fromHex(envelope)).body
      if (tag !== recordBatch.tag) continue
      const { records } = recordBatch.payload.fromCbor(payload) as unknown as RecordBatch
      for (const record of records) {
        const key = `${record.tag}/${record.policy}`
        const known = buckets.get(key) ?? { R: group.identity, C: group.identity }
        buckets.set(key, {
          R: group.add(known.R, point(record.ephemeral)),
          C: group.add(known.C, point(record.ciphertext)),
        })
      }
    }
  }
  return [...buckets.values()]
}

function point(bytes: Uint8Array): Point {
  const decoded = group.decode(bytes)
  if (decoded === undefined) throw new Error('a record that does not decode')
  return decoded
}

/** sum·H as these helpers would compute it. */
function attempt({ R, C }: Sums, shares: ReadonlyMap<number, bigint>): Point {
  const indices = [...shares.keys()]
  const weights = lagrangeAtZero(group, indices)
  const key = indices.reduce(
    (sum, index, place) => sum + (shares.get(index) ?? 0n) * (weights[place] ?? 0n),
    0n,
  )
  const scalar = ((key % group.order) + group.order) % group.order
  return group.add(C, group.negate(group.multiply(R, scalar)))
}

export async function assertTwoHelpersLearnNothing(
  t: Test,
  { home, url }: { readonly home: string; readonly url: string },
): Promise<void> {
  const { H } = basesOf(group)
  const plain = expected.sums.map(({ minorUnits }) => group.multiply(H, BigInt(minorUnits)))
  const sums = await sumsOf(url)
  t.equal(sums.length, expected.sums.length + expected.withheld.length)
  /** How many of the plain sums these helpers find among what they compute. */
  const found = async (helpers: readonly number[]): Promise<number> => {
    const shares = new Map<number, bigint>()
    for (const helper of helpers) shares.set(...(await shareOf(home, helper)))
    const computed = sums.map((sum) => attempt(sum, shares))
    return plain.filter((right) => computed.some((one) => group.equal(one, right))).length
  }
  for (const helpers of [
    [1, 2],
    [2, 5],
    [3, 4],
  ])
    t.equal(await found(helpers), 0, `helpers ${helpers}`)
  t.equal(await found([1, 3, 5]), plain.length, 'three of them would read every sum')
}
