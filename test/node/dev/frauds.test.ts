// What a shown fraud holds against the ledger: who must have what afterwards, and on which invoices it is shown.
import { join } from 'node:path'
import t from 'tap'
import type { Holdings } from '../../../node/dev/cheat/accounts.ts'
import { differences, expectedAfter } from '../../../node/dev/cheat/expected.ts'
import { type Cheat, cheats, guiltyRoles, planFraud } from '../../../node/dev/cheat/frauds.ts'
import { writePart } from '../../../node/dev/cheat/part.ts'
import { dealFacilities, sharings } from '../../../node/dev/sharing.ts'
import { readDataset } from '../../../node/synthea/dataset.ts'
import { temporaryFolder } from '../../support/epione.ts'

const terms = { serverBondMin: 100_000n }

function holdings(bonds: Readonly<Record<string, bigint>>): Holdings {
  const of = Object.entries(bonds).map(([name, bond]) => [name, { bond, balance: 7n }] as const)
  return { of: new Map(of), burned: 5n }
}

function after(cheat: Cheat, sharing: 'M' | 'L', complainants: readonly string[]) {
  const fraud = planFraud(cheat, { sharing, invoice: 'i' })
  const before = holdings({ a: 100_001n, b: 50_000n, ...guiltyBonds(fraud.guilty) })
  const { of, burned } = expectedAfter(before, fraud, { terms, complainants })
  const moved = [...of].filter(([name, has]) => {
    const had = before.of.get(name)
    return has.bond !== had?.bond || has.balance !== had.balance
  })
  return { moved: Object.fromEntries(moved), burned: burned - before.burned }
}

function guiltyBonds(guilty: readonly string[]): Record<string, bigint> {
  return Object.fromEntries(guilty.map((name) => [name, 100_001n]))
}

t.test(
  'a proven fraud costs the whole bond, half of it rounded down for who showed it',
  async (t) => {
    for (const sharing of sharings) {
      const owner = sharing === 'M' ? 'hospital-1-admin' : 'hospital-1'
      t.same(after('owner', sharing, ['a']), {
        moved: { a: { bond: 100_001n, balance: 50_007n }, [owner]: { bond: 0n, balance: 7n } },
        burned: 50_001n,
      })
    }
    t.same(after('helper', 'M', ['a', 'a']).moved, {
      a: { bond: 100_001n, balance: 50_007n },
      'helper-1': { bond: 0n, balance: 7n },
    })
  },
)

t.test(
  'each deposit for a complaint about an answer goes into the bond of the insurer',
  async (t) => {
    t.same(after('helper', 'L', ['b', 'b']).moved, {
      b: { bond: 250_000n, balance: 7n + 50_000n - 200_000n },
      'helper-1': { bond: 0n, balance: 7n },
    })
  },
)

t.test('a false accusation and silence give nobody anything', async (t) => {
  for (const sharing of sharings) {
    t.same(after('accuser', sharing, ['helper-1']), {
      moved: { 'helper-1': { bond: 0n, balance: 7n } },
      burned: 100_001n,
    })
  }
  const { moved, burned } = after('silent', 'M', ['a', 'a'])
  t.same(Object.keys(moved), ['helper-1', 'helper-2', 'helper-3'])
  t.same(moved['helper-2'], { bond: 97_001n, balance: 7n })
  t.equal(burned, 9_000n)
})

t.test(
  'whoever has another bond or balance than it should is named, and money that vanished',
  async (t) => {
    const right = holdings({ a: 1n, b: 2n })
    t.same(differences(right, right), [])
    t.same(differences(holdings({ a: 1n, b: 1n }), right), ['b'])
    t.same(differences(holdings({ a: 1n }), right), ['b'])
    t.same(differences({ ...right, burned: 6n }, right), ['burned'])
  },
)

t.test(
  'the guilty are called by the word of the fraud, with a number if there are several',
  async (t) => {
    for (const cheat of cheats) {
      for (const sharing of sharings) {
        const roles = [...guiltyRoles(planFraud(cheat, { sharing, invoice: 'i' })).values()]
        const several = sharing === 'M' ? 3 : 2
        const numbered = Array.from({ length: several }, (_, at) => `silent ${at + 1}`)
        t.same(roles, cheat === 'silent' ? numbered : [cheat])
      }
    }
  },
)

t.test(
  'the part of the data of the repository is the same each time and of all hospitals',
  async (t) => {
    const read = async (folder: string) => {
      const result = await readDataset(folder)
      if (!result.ok) throw new Error(JSON.stringify(result.flaws))
      return result.dataset
    }
    const all = await read(join(import.meta.dirname, '../../../data/synthea'))
    const folder = temporaryFolder(t)
    const { firstPayer } = await writePart(folder, all)
    const part = await read(folder)
    t.equal(part.invoices.length, 18)
    t.same(part.payers.map(({ name }) => name).toSorted(), ['Medicaid', 'NO_INSURANCE'])
    t.equal(part.payers.find(({ id }) => id === firstPayer)?.name, 'Medicaid')
    const known = new Map(all.invoices.map((invoice) => [invoice.id, invoice]))
    for (const invoice of part.invoices) t.same(invoice, known.get(invoice.id))
    const dealt = [...dealFacilities(part, 'M').values()]
    t.same(
      dealt.map((ids) => part.invoices.some(({ facility }) => ids.includes(facility))),
      [true, true, true, true],
    )
    t.same([...dealFacilities(part, 'L')], [['hospital-1', part.facilities.toSorted()]])
  },
)
