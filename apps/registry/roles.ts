// The words of membership: kinds of organizations, roles of accounts, and which roles a kind may give.
import { type Codec, refuse } from '../../vm/codec.ts'
import { oneOf } from '../../vm/codec-scalar.ts'

/** Numbers are frozen: they are on the wire and in the state. */
export const organizationKind = oneOf({
  hospital: 1,
  insurer: 2,
  pharmacy: 3,
  'law-firm': 4,
  research: 5,
  authority: 6,
  /** Issues a currency and stands for its balances. */
  settlement: 7,
  /** Runs servers for others: helpers of the vault, storage. */
  host: 8,
})
export type OrganizationKind = ReturnType<typeof organizationKind.fromCbor>

/** Each role is one bit of the number on the wire, so a set has exactly one spelling; bits are frozen. */
const bits = {
  patient: 0,
  relative: 1,
  doctor: 2,
  nurse: 3,
  pharmacist: 4,
  insurer: 5,
  lawyer: 6,
  expert: 7,
  hospital: 8,
  helper: 9,
  researcher: 10,
  sponsor: 11,
  ethics: 12,
  host: 13,
  auditor: 14,
  officer: 15,
  admin: 16,
  validator: 17,
  /** Issues and redeems money for a settlement organization. */
  treasurer: 18,
} as const
export type Role = keyof typeof bits

const roles = Object.keys(bits) as Role[]
const maskMax = 2 ** roles.length - 1
const isRole = (word: unknown): word is Role => roles.includes(word as Role)

function maskOf(set: readonly Role[]): number {
  return set.reduce((mask, role) => mask | (1 << bits[role]), 0)
}

function rolesIn(mask: unknown): readonly Role[] {
  if (typeof mask !== 'number' || !Number.isInteger(mask) || mask < 0 || mask > maskMax)
    refuse(`expected a set of roles from 0 to ${maskMax}`)
  return roles.filter((role) => (mask >> bits[role]) & 1)
}

/** A set of roles: words in code and JSON, in the order of their bits; one number on the wire. */
export const roleSet: Codec<readonly Role[]> = {
  toCbor: maskOf,
  fromCbor: rolesIn,
  write: (value, sink) => sink.uint(maskOf(value)),
  read: (cursor) => rolesIn(cursor.uint()),
  toJson: (value) => [...value],
  fromJson: (json) => {
    if (!Array.isArray(json)) refuse('expected an array of roles')
    const unknown = json.findIndex((word) => !isRole(word))
    if (unknown >= 0) refuse(`[${unknown}] is no role; roles are ${roles.join(', ')}`)
    if (new Set(json).size !== json.length) refuse('a role is named twice')
    return roles.filter((role) => json.includes(role))
  },
  schema: { type: 'array', items: { enum: roles }, uniqueItems: true },
  cddl: { expression: `0..${maskMax}`, rules: new Map() },
}

/** What any organization may need: somebody who admits, runs a node or a server, guards privacy. */
const common: readonly Role[] = ['admin', 'validator', 'helper', 'host', 'auditor', 'officer']

const byKind: Readonly<Record<OrganizationKind, readonly Role[]>> = {
  hospital: ['hospital', 'doctor', 'nurse', 'pharmacist', 'researcher', 'expert'],
  insurer: ['insurer', 'expert', 'lawyer'],
  pharmacy: ['pharmacist'],
  'law-firm': ['lawyer', 'expert'],
  research: ['researcher', 'sponsor', 'ethics', 'expert'],
  authority: ['ethics', 'expert', 'researcher'],
  settlement: ['treasurer'],
  host: [],
}

/** People who belong to no organization. */
const personal: readonly Role[] = ['patient', 'relative']

/** Whether an organization of that kind may give all these roles; null stands for no organization. */
export function mayGive(kind: OrganizationKind | null, given: readonly Role[]): boolean {
  const allowed = kind === null ? personal : [...common, ...byKind[kind]]
  return given.length > 0 && given.every((role) => allowed.includes(role))
}
