// Genesis files that no chain may start from: each refused with the path of what is wrong.
import { ED25519_TORSION_SUBGROUP } from '@noble/curves/ed25519.js'
import t from 'tap'
import { appList } from '../../apps/index.ts'
import { parseGenesis } from '../../genesis/build.ts'
import { createSample } from '../../genesis/sample.ts'
import { genesisCodec } from '../../genesis/schema.ts'
import { CodecError, type JsonValue } from '../../vm/codec.ts'

const { file } = createSample(
  { seed: new Uint8Array(32).fill(1), timeMs: 1_700_000_000_000, accounts: 2 },
  appList,
)
const good = JSON.stringify(genesisCodec(appList).toJson(file))
const fresh = (): Record<string, unknown> => JSON.parse(good)

/** Replaces the value at a path such as `accounts.0.roles`; undefined removes it. */
function replaced(path: string, value: JsonValue | undefined): unknown {
  const json = fresh()
  const steps = path.split('.')
  const last = steps.pop() ?? ''
  let place = json
  for (const step of steps) place = place[step] as Record<string, unknown>
  if (value === undefined) delete place[last]
  else place[last] = value
  return json
}

const at = (path: string): JsonValue => {
  let place: unknown = fresh()
  for (const step of path.split('.')) place = (place as Record<string, unknown>)[step]
  return place as JsonValue
}

const nobody = '0x'.padEnd(66, '0')
const smallOrder = `0x${ED25519_TORSION_SUBGROUP[1]}`
const isAdmin = ({ roles }: { readonly roles: readonly string[] }) => roles.includes('admin')
/** The account of authority-1 that is admin, and that of its validator. */
const admin = file.accounts.findIndex(isAdmin)
const seat = file.accounts.findIndex(({ roles }) => roles.includes('validator'))
const patient = file.accounts.findIndex(({ organization }) => organization === null)

const cases: readonly (readonly [path: string, value: JsonValue | undefined, message: RegExp])[] = [
  // The form.
  ['surprise', 1, /^unknown key "surprise"/],
  ['name', undefined, /^name: expected text/],
  ['name', 'two\nlines', /^name: control characters/],
  ['version', 2, /^version: expected 1/],
  ['timeMs', '1700000000000', /^timeMs: expected an integer/],
  ['salt', '0x00', /^salt: expected 32 bytes/],
  ['salt', undefined, /^salt: expected lower-case hexadecimal/],
  ['engine', 'raft', /^engine: expected one of pbft/],
  ['parameters.gas', 1, /^parameters: unknown key "gas"/],
  ['parameters.heartbeatMs', undefined, /^parameters.heartbeatMs: expected an integer/],
  ['parameters.heartbeatMs', 0, /^parameters.heartbeatMs: expected an integer from 100/],
  ['parameters.accountShare', 101, /^parameters.accountShare: expected an integer from 1 to 100/],
  ['parameters.organizationShare', 0, /^parameters.organizationShare: expected an integer/],
  ['organizations', [], /^organizations: none is founding/],
  ['organizations.0.kind', 'bank', /^organizations\[0\].kind: expected one of hospital/],
  ['organizations.0.founding', 'yes', /^organizations\[0\].founding: expected true or false/],
  ['accounts.0.roles', ['wizard'], /^accounts\[0\].roles: \[0\] is no role/],
  ['accounts.0.publicKeys', [], /^accounts\[0\].publicKeys: expected 1 to 16 items/],
  ['accounts.0.publicKeys.0', '0xAB', /^accounts\[0\].publicKeys\[0\]: expected lower-case/],
  ['validators', [], /^validators: expected 1 to 40 items/],
  ['validators.0.addresses', 'here', /^validators\[0\].addresses: expected an array/],
  ['validators.0.name', 'Two Words', /^validators\[0\].name: expected text of the form/],
  ['applications', undefined, /^applications: expected an object/],
  ['applications.bank', undefined, /^applications.bank: expected an object/],
  ['applications.casino', {}, /^applications: unknown key "casino"/],
  ['applications.bank.fees', 1, /^applications.bank: unknown key "fees"/],
  // Relations between parameters.
  ['parameters.minIntervalMs', 30_000, /^parameters.heartbeatMs: must be longer than min/],
  ['parameters.timeoutCapMs', 999, /^parameters.timeoutCapMs: must be at least baseTimeoutMs/],
  ['parameters.windowMs', 19_999, /^parameters.windowMs: must be at least twice timeoutCapMs/],
  ['parameters.organizationShare', 99, /^parameters.accountShare: must be at most organiz/],
  ['applications.vault.queryDeadlineMs', 11_999, /^applications.vault.queryDeadlineMs: .* 12000/],
  // Organizations and accounts.
  [
    'organizations.1.id',
    at('organizations.0.id'),
    /^organizations\[1\].id: .* organizations\[0\].id/,
  ],
  [
    'organizations.1.name',
    at('organizations.0.name'),
    /^organizations\[1\].name: this name stands/,
  ],
  [`accounts.${admin}.roles`, ['officer'], /^organizations\[0\]: a founding organization needs/],
  ['accounts.1.id', at('accounts.0.id'), /^accounts\[1\].id: this id stands at accounts\[0\].id/],
  ['accounts.0.organization', nobody, /^accounts\[0\].organization: no organization has this id/],
  [`accounts.${admin}.roles`, ['doctor', 'admin'], /^accounts\[\d\].roles: not what authority/],
  [
    `accounts.${patient}.roles`,
    ['admin'],
    /^accounts\[\d+\].roles: not what an account of its own/,
  ],
  ['signatures', [], /^signatures: expected 1 to 40/],
  [
    'signatures',
    [{ account: nobody, publicKey: nobody, signature: '0x'.padEnd(130, '0') }],
    /^signatures: only a fork is signed/,
  ],
  [
    'fork',
    { chainId: nobody, height: 1, blockId: nobody, stateRoot: nobody },
    /^organizations: a fork has those of the old chain/,
  ],
  // Validators.
  ['validators.1.name', at('validators.0.name'), /^validators\[1\].name: this name stands/],
  ['validators.1.account', at('validators.0.account'), /^validators\[1\].account: this account/],
  ['validators.0.account', nobody, /^validators\[0\].account: no account has this id/],
  ['validators.0.organization', at('organizations.1.id'), /^validators\[0\].organization: the acc/],
  [`accounts.${seat}.roles`, ['auditor'], /^validators\[0\].account: .* the role validator/],
  // Keys.
  [
    'validators.0.peerKey',
    at('validators.0.consensusKey'),
    /^validators\[0\].peerKey: this key st/,
  ],
  ['validators.1.consensusKey', at('validators.0.peerKey'), /^validators\[1\].consensusKey: this/],
  [
    'accounts.1.publicKeys.0',
    at('accounts.0.publicKeys.0'),
    /^accounts\[1\].publicKeys\[0\]: this/,
  ],
  [
    'accounts.0.publicKeys.0',
    smallOrder,
    /^accounts\[0\].publicKeys\[0\]: not a canonical Ed25519/,
  ],
  ['validators.0.consensusKey', smallOrder, /^validators\[0\].consensusKey: not a canonical/],
  ['accounts.0.encryptionKey', nobody, /^accounts\[0\].encryptionKey: not a ristretto255 point/],
  ['accounts.0.encryptionKey', '0x'.padEnd(66, 'f'), /^accounts\[0\].encryptionKey: not a rist/],
  // Money.
  [
    'applications.bank.currencies.1',
    at('applications.bank.currencies.0'),
    /^applications.bank.currencies\[1\].code: the currency USD is listed twice/,
  ],
  [
    'applications.bank.currencies.0.organization',
    at('organizations.0.id'),
    /^applications.bank.currencies\[0\].organization: no settlement organization/,
  ],
  [
    'applications.bank.currencies.0.balances.0.account',
    nobody,
    /^applications.bank.currencies\[0\].balances\[0\].account: no account/,
  ],
  [
    'applications.bank.currencies.0.balances.1',
    at('applications.bank.currencies.0.balances.0'),
    /^applications.bank.currencies\[0\].balances\[1\].account: the account is listed twice/,
  ],
  [
    'applications.bank.currencies.0.balances.0.amount',
    '0',
    /^applications.bank.currencies\[0\].balances\[0\].amount: a balance is at least 1/,
  ],
  [
    'applications.bank.currencies.0.balances.0.amount',
    '18446744073709551615',
    /^applications.bank.currencies\[0\].balances: together more than 64 bits hold/,
  ],
]

function refusal(json: unknown): string {
  try {
    parseGenesis(json, appList)
    return 'accepted'
  } catch (error) {
    if (error instanceof CodecError) return error.message
    throw error
  }
}

t.test('the file that the cases change is good itself', async (t) => {
  t.equal(refusal(fresh()), 'accepted')
})

t.test('each bad file is refused with the path of what is wrong', async (t) => {
  for (const [path, value, message] of cases) {
    t.match(refusal(replaced(path, value)), message, path)
  }
})

t.test('somebody must be able to vote, and a majority must fit in one envelope', async (t) => {
  const powerless = file.organizations.map((one) => ({ ...one, founding: false }))
  const none = genesisCodec(appList).toJson({ ...file, organizations: powerless })
  t.match(refusal(none), /^organizations: none is founding/)

  const { file: large } = createSample(
    { seed: new Uint8Array(32).fill(2), timeMs: 1, validators: 16 },
    appList,
  )
  t.equal(large.organizations.filter(({ founding }) => founding).length, 15, 'sixteen would vote')
  const organizations = large.organizations.map((organization) =>
    large.validators.some((validator) => validator.organization === organization.id)
      ? { ...organization, founding: true }
      : organization,
  )
  const json = genesisCodec(appList).toJson({ ...large, organizations })
  t.match(refusal(json), /^organizations: more than 15 are founding/)
})

t.test('what is no object at all is refused', async (t) => {
  for (const json of [null, 7, 'genesis', []]) t.match(refusal(json), /expected an object/)
})
