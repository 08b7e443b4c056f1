// Somebody has the disks of all validators and the homes of t − 1 helpers, and tries everything that is in them on every record.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import type { RecordBatch } from '../../apps/vault/payloads.ts'
import { recordBatch } from '../../apps/vault/record-batch.ts'
import { createClient } from '../../client/client.ts'
import { assert } from '../../vm/assert.ts'
import { fromHex } from '../../vm/bytes.ts'
import { basesOf } from '../../vm/crypto/bases.ts'
import type { Point } from '../../vm/crypto/group.ts'
import { modulo } from '../../vm/crypto/integer.ts'
import { ristretto255 as group } from '../../vm/crypto/ristretto255.ts'
import { lagrangeAtZero } from '../../vm/crypto/shamir.ts'
import { decodeTransaction } from '../../vm/transaction.ts'
import type { Hex } from '../../vm/types.ts'
import { filesBelow } from './rehearsal.ts'
import { amounts } from './small-data.ts'

const THRESHOLD = 3
const { H } = basesOf(group)

type Ciphertext = { readonly R: Point; readonly C: Point }

/** What everybody reads in the blocks: ciphertexts, and the keys behind which patients stand. */
export type PublicView = {
  readonly records: readonly Ciphertext[]
  readonly keys: ReadonlySet<Hex>
}

function pointOf(bytes: Uint8Array): Point {
  const point = group.decode(bytes)
  assert(point !== undefined, 'what is in a block decodes')
  return point
}

const nameOf = (bytes: Uint8Array): Hex => `0x${Buffer.from(bytes).toString('hex')}`

export async function readPublicView(url: string): Promise<PublicView> {
  const client = createClient({ url })
  const { height } = await client.head()
  const records: Ciphertext[] = []
  const keys = new Set<Hex>()
  for (let at = 1; at <= height; at++) {
    const block = (await client.call('chain_block', { height: at, envelopes: true })) as {
      readonly envelopes: readonly Hex[]
    }
    for (const envelope of block.envelopes) {
      const { tag, payload } = decodeTransaction(fromHex(envelope)).body
      if (tag !== recordBatch.tag) continue
      const batch = recordBatch.payload.fromCbor(payload) as unknown as RecordBatch
      for (const { ephemeral, ciphertext, tag: patient } of batch.records) {
        records.push({ R: pointOf(ephemeral), C: pointOf(ciphertext) })
        keys.add(patient)
      }
    }
  }
  return { records, keys }
}

type Share = readonly [index: number, share: bigint]

function shareIn(home: string, helper: number): Share {
  const path = join(home, 'agents', `helper-${helper}`, 'keys', 'keyset-shares-1.json')
  const { index, shares } = JSON.parse(readFileSync(path, 'utf8'))
  const share = group.decodeScalar(fromHex(shares[0]))
  assert(share !== undefined, 'a share is a scalar')
  return [index, share]
}

/** The key as if these shares were enough. */
function keyFrom(shares: readonly Share[]): bigint {
  const weights = lagrangeAtZero(
    group,
    shares.map(([index]) => index),
  )
  const sum = shares.reduce((total, [, share], at) => total + share * (weights[at] ?? 0n), 0n)
  return modulo(sum, group.order)
}

/** Whatever in a file looks like 32 bytes, in both orders of bytes. */
function scalarsIn(content: Buffer): readonly bigint[] {
  const found = content
    .toString('latin1')
    .matchAll(/(?<![0-9a-f])(?:0x)?([0-9a-f]{64})(?![0-9a-f])/g)
  return [...found].flatMap(([, hex = '']) => {
    const bytes = Buffer.from(hex, 'hex')
    return [bytes, Buffer.from(bytes).reverse()].flatMap((each) => {
      const scalar = group.decodeScalar(each)
      return scalar === undefined || scalar === 0n ? [] : [scalar]
    })
  })
}

/** How many of the records a key opens: the amounts are guessed right, the thief need not search for them. */
function openedBy(records: readonly Ciphertext[], key: bigint): number {
  const right = new Set(amounts.map((amount) => nameOf(group.encode(group.multiply(H, amount)))))
  return records.filter(({ R, C }) =>
    right.has(nameOf(group.encode(group.add(C, group.negate(group.multiply(R, key)))))),
  ).length
}

/**
 * To the stolen shares every amount is possible: for each there are decryption shares of the other servers on one polynomial of degree
 * t − 1 with the stolen ones. They are constructed in the exponent, since nobody has the keys that would belong to them.
 */
function assertEveryAmountFits(t: Test, { R, C }: Ciphertext, stolen: readonly Share[]): void {
  for (const amount of [0n, 1n, 8_528_506n, 2n ** 32n - 1n]) {
    const atZero = group.add(C, group.negate(group.multiply(H, amount)))
    const known = [
      { x: 0, point: atZero },
      ...stolen.map(([x, share]) => ({ x, point: group.multiply(R, share) })),
    ]
    /** The decryption share of a server: the polynomial, moved so that the server stands at zero. */
    const shareOf = (x: number): Point => {
      const same = known.find((one) => one.x === x)
      if (same !== undefined) return same.point
      const weights = lagrangeAtZero(
        group,
        known.map((one) => one.x - x),
      )
      return group.combine(
        known.map(({ point }) => point),
        weights,
      )
    }
    for (const servers of [
      [1, 2, 3],
      [2, 3, 4],
      [1, 4, 5],
    ]) {
      const decrypted = group.combine(servers.map(shareOf), lagrangeAtZero(group, servers))
      t.ok(group.equal(decrypted, atZero), `${amount} by servers ${servers}`)
    }
  }
}

/** The network has ended, so that its files stand still. */
export function assertStolenDisksTellNothing(
  t: Test,
  { home, seen }: { readonly home: string; readonly seen: PublicView },
): void {
  const { records, keys } = seen
  const helpers = [1, 4]
  t.equal(records.length, amounts.length)
  const folders = ['validators', ...helpers.map((helper) => join('agents', `helper-${helper}`))]
  const files = folders.flatMap((folder) => filesBelow(join(home, folder)))
  const shares = helpers.map((helper) => shareIn(home, helper))
  t.equal(shares.length, THRESHOLD - 1)
  const stolen = new Set(files.flatMap(({ bytes }) => scalarsIn(bytes)))
  for (const [, share] of shares) t.ok(stolen.has(share), 'what is in a share’s file is tried')
  const behind = [...stolen].filter((one) =>
    keys.has(nameOf(group.encode(group.multiplyBase(one)))),
  )
  t.equal(behind.length, 0, 'no secret of a patient')
  const [some = { R: group.base, C: group.base }] = records
  for (const key of [...stolen, keyFrom(shares)]) {
    // Each key is tried on one record, and on all of them if it could be the committee's.
    if (openedBy([some], key) > 0) t.equal(openedBy(records, key), 0, 'no key opens the records')
  }
  for (const { path, bytes } of files)
    if (/(?<![0-9.])(8528506|85285\.06|379809|3798\.09)(?![0-9])/.test(bytes.toString('latin1')))
      t.fail(`${path} tells an amount`)
  assertEveryAmountFits(t, some, shares)
  const enough = keyFrom([...shares, shareIn(home, 2)])
  t.equal(openedBy(records, enough), records.length, 'one more helper, and every amount is read')
}
