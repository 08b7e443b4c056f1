// The table of small logarithms in its file: built once, read again, and made anew when it is not what it should be.
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { loadLogarithms } from '../../../node/crypto/logarithms.ts'
import { basesOf } from '../../../vm/crypto/bases.ts'
import { ristretto255 as group } from '../../../vm/crypto/ristretto255.ts'

const { H, G2 } = basesOf(group)
const base = group.encode(H)
const BITS = 8
const target = group.encode(group.multiply(H, 54_321n))

t.test('a table that is in the file is read, not built again', async (t) => {
  const path = join(t.testdir(), 'cache', 'logarithms.bin')
  const first = await loadLogarithms(path, base, BITS)
  t.equal(first.find(target, 60_000n), 54_321n)
  const { ino } = statSync(path)
  const again = await loadLogarithms(path, base, BITS)
  t.equal(statSync(path).ino, ino, 'not written anew')
  for (const j of [0n, 1n, 255n, 256n, 257n, 54_321n])
    t.equal(again.find(group.encode(group.multiply(H, j)), 60_000n), j)
})

t.test('a file that is damaged, cut, of another base or size is made anew', async (t) => {
  const folder = t.testdir()
  const path = join(folder, 'logarithms.bin')
  await loadLogarithms(path, base, BITS)
  const right = readFileSync(path)
  const flipped = Buffer.from(right)
  flipped[right.length >> 1] = (flipped[right.length >> 1] ?? 0) ^ 1
  const foreign = join(folder, 'foreign.bin')
  await loadLogarithms(foreign, group.encode(G2), BITS)
  const small = join(folder, 'small.bin')
  await loadLogarithms(small, base, BITS - 1)
  for (const [why, bytes] of Object.entries({
    flipped,
    cut: right.subarray(0, -1),
    empty: Buffer.alloc(0),
    'another base': readFileSync(foreign),
    'another size': readFileSync(small),
  })) {
    writeFileSync(path, bytes)
    const logarithms = await loadLogarithms(path, base, BITS)
    t.equal(logarithms.find(target, 60_000n), 54_321n, why)
    t.same(readFileSync(path), right, `${why}: mended`)
  }
})
