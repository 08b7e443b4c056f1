// What a shown fraud prints: one JSON object for programs, a table for people.
import pc from 'picocolors'
import type { JsonValue } from '../../../vm/codec.ts'
import { tableOf } from '../table.ts'
import type { Holdings } from './accounts.ts'
import { type FraudPlan, guiltyRoles } from './frauds.ts'
import type { Verdict } from './verdict.ts'

export type Shown = {
  readonly fraud: FraudPlan
  readonly verdict: Verdict
  readonly before: Holdings
  readonly after: Holdings
}

type Line = {
  readonly role: string
  readonly bond: readonly [before: string, after: string]
  readonly balance: readonly [before: string, after: string]
}

/** The guilty under the word for them, first; everybody else under its name. */
function linesOf({ fraud, before, after }: Shown): readonly Line[] {
  const roles = guiltyRoles(fraud)
  const names = [...before.of.keys()]
  const guilty = names.filter((name) => roles.has(name))
  return [...guilty, ...names.filter((name) => !roles.has(name))].map((name) => {
    const had = before.of.get(name)
    const has = after.of.get(name)
    return {
      role: roles.get(name) ?? name,
      bond: [`${had?.bond}`, `${has?.bond}`],
      balance: [`${had?.balance}`, `${has?.balance}`],
    }
  })
}

/** Exactly this object is on stdout with --json. */
export function fraudJson(shown: Shown): JsonValue {
  const { cheat, sharing } = shown.fraud
  const { kind: code, evidenceTx, height } = shown.verdict
  const accounts = linesOf(shown).map(({ role, bond, balance }) => ({
    role,
    bond: [...bond],
    balance: [...balance],
  }))
  return { cheat, sharing, guilty: cheat, verdict: { code, evidenceTx, height }, accounts }
}

export function fraudTable(shown: Shown): string {
  const { kind, evidenceTx, height } = shown.verdict
  const rows = linesOf(shown).map(({ role, bond, balance }) => {
    const line = [role, ...bond, ...balance]
    const isSame = bond[0] === bond[1] && balance[0] === balance[1]
    return isSame ? line : line.map((cell) => pc.bold(cell))
  })
  const table = tableOf(
    [
      ['account', 'left'],
      ['bond before', 'right'],
      ['after', 'right'],
      ['balance before', 'right'],
      ['after', 'right'],
    ],
    rows,
  )
  const roles = [...guiltyRoles(shown.fraud).values()].join(', ')
  return [table, `${kind}: ${roles}, found in block ${height} by transaction ${evidenceTx}`].join(
    '\n',
  )
}
