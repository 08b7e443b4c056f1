// Somebody has the disks of all validators and the homes of t − 1 helpers, and tries everything that is in them on every record.
import { join } from 'node:path'
import type { Test } from 'tap'
import { toHex } from '../../vm/bytes.ts'
import { basesOf } from '../../vm/crypto/bases.ts'
import type { Point } from '../../vm/crypto/group.ts'
import { ristretto255 as group } from '../../vm/crypto/ristretto255.ts'
import { lagrangeAtZero } from '../../vm/crypto/shamir.ts'
import type { Hex } from '../../vm/types.ts'
import type { Ciphertext, SealedRecord } from './public-ledger.ts'
import { filesBelow } from './rehearsal.ts'
import { amounts } from './small-data.ts'
import { keyFrom, openWith, type Share, shareIn } from './stolen-shares.ts'

const THRESHOLD = 3
const { H } = basesOf(group)

const nameOf = (point: Point): Hex => toHex(group.encode(point))

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
  const right = new Set(amounts.map((amount) => nameOf(group.multiply(H, amount))))
  return records.filter((record) => right.has(nameOf(openWith(key, record)))).length
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
  { home, records }: { readonly home: string; readonly records: readonly SealedRecord[] },
): void {
  const helpers = [1, 4]
  t.equal(records.length, amounts.length)
  const folders = ['validators', ...helpers.map((helper) => join('agents', `helper-${helper}`))]
  const files = folders.flatMap((folder) => filesBelow(join(home, folder)))
  const shares = helpers.map((helper) => shareIn(home, helper))
  t.equal(shares.length, THRESHOLD - 1)
  const stolen = new Set(files.flatMap(({ bytes }) => scalarsIn(bytes)))
  for (const [, share] of shares) t.ok(stolen.has(share), 'what is in a share’s file is tried')
  const keys = new Set(records.map(({ tag }) => tag))
  const behind = [...stolen].filter((one) => keys.has(nameOf(group.multiplyBase(one))))
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
