// One flipped bit in a file of a closed LevelDB folder is found, refused when opening, or without effect on any value.
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { audit } from '../../../node/audit/audit.ts'
import { verifySignature } from '../../../node/crypto/ed25519.ts'
import { EpioneError } from '../../../node/errors.ts'
import { openLevelStore } from '../../../node/store/level.ts'
import type { Store } from '../../../node/store/port.ts'
import { toHex } from '../../../vm/bytes.ts'
import { act, clear, idOf, putOf, toyGenesis, toyList } from '../../support/toy-chain.ts'
import { grow, openToy } from '../../support/toy-ledger.ts'

const folder = join(t.testdir(), 'original')
const FLIPS = 100

/** Blocks in table files and in the log: a folder is opened twice, so that the first half leaves the log. */
async function createFolder(): Promise<void> {
  for (let half = 0; half < 3; half++) {
    const store = await openLevelStore(folder)
    const ledger = await openToy(store)
    for (let i = 0; i < 6; i++) {
      const puts = Array.from({ length: 8 }, (_, n) =>
        act(putOf(`n${(7 * i + n * half) % 40}`, [half, i, n], [idOf('r', n % 3)])),
      )
      await grow(ledger, puts)
    }
    await grow(ledger, [act({ type: clear, payload: { name: 'n7' } })])
    await store.close()
  }
}

function copyFolder(name: string): string {
  const to = join(t.testdirName, name)
  mkdirSync(to)
  for (const file of readdirSync(folder)) copyFileSync(join(folder, file), join(to, file))
  return to
}

/** Flips one bit of the files, counted through all of them; LOCK and LevelDB's own text log hold nothing. */
function flip(at: string, bit: number): string {
  let rest = bit
  for (const name of filesOf(at)) {
    const bytes = readFileSync(join(at, name))
    if (rest < bytes.length * 8) {
      const byte = rest >> 3
      bytes[byte] = (bytes[byte] as number) ^ (1 << (rest & 7))
      writeFileSync(join(at, name), bytes)
      return `${name} byte ${byte} bit ${rest & 7}`
    }
    rest -= bytes.length * 8
  }
  throw new Error('no such bit')
}

const filesOf = (at: string) =>
  readdirSync(at)
    .filter((name) => /^(?:CURRENT|MANIFEST-.*|.*\.(?:ldb|log))$/.test(name))
    .sort()

async function contentOf(store: Store): Promise<string> {
  const entries = await store.range({ from: '', below: '\x7f', limit: 1e6 })
  return entries
    .map(({ key, value }) => {
      const read = store.get(key)
      return `${key} ${toHex(value)} ${read && toHex(read)}`
    })
    .join('\n')
}

/** What the folder is taken for: refused with a code, found bad, or accepted with a content. */
async function judge(at: string): Promise<string> {
  let store: Store
  try {
    store = await openLevelStore(at)
  } catch (error) {
    if (error instanceof EpioneError && error.code === 'STORE_DAMAGED') return 'refused'
    throw error
  }
  try {
    const parts = { store, genesis: toyGenesis(), list: toyList, verifySignature }
    const result = await audit(parts)
    return result.ok ? `accepted ${await contentOf(store)}` : 'found'
  } catch (error) {
    if (error instanceof EpioneError && error.code === 'STORE_DAMAGED') return 'refused'
    throw error
  } finally {
    await store.close()
  }
}

await createFolder()
const intact = await judge(copyFolder('intact'))
t.match(intact, /^accepted /)
const bits = filesOf(folder).reduce(
  (sum, name) => sum + readFileSync(join(folder, name)).length * 8,
  0,
)
t.ok(filesOf(folder).some((name) => name.endsWith('.ldb')))
t.ok(filesOf(folder).some((name) => name.endsWith('.log')))

const verdicts = { refused: 0, found: 0, harmless: 0 }
let seed = 20_261_121
for (let i = 0; i < FLIPS; i++) {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
  const at = copyFolder(`flip-${i}`)
  const place = flip(at, Math.floor((seed / 2 ** 32) * bits))
  const verdict = await judge(at)
  if (verdict === 'refused' || verdict === 'found') verdicts[verdict]++
  else if (verdict === intact) verdicts.harmless++
  else t.fail(`${place}: accepted with another content`)
}
t.comment(verdicts)
t.equal(verdicts.refused + verdicts.found + verdicts.harmless, FLIPS)
t.ok(verdicts.refused > 90, 'nearly every byte of the files is under a checksum')
