// What a genesis file must fulfil beyond its form.
import { mayGive } from '../apps/registry/roles.ts'
import { FOUNDERS_MAX } from '../apps/registry/state.ts'
import type { VaultParameters } from '../apps/vault/genesis.ts'
import { fromHex } from '../vm/bytes.ts'
import { CodecError } from '../vm/codec.ts'
import { ristretto255 } from '../vm/crypto/ristretto255.ts'
import type { Parameters } from '../vm/rules.ts'
import { isAcceptableKey } from '../vm/sign.ts'
import type { Hex } from '../vm/types.ts'
import type { GenesisFile } from './schema.ts'
import { QUERY_VIEWS_PER_VALIDATOR } from './sections.ts'

function refuseAt(path: string, reason: string): never {
  throw new CodecError(reason, path)
}

/** Remembers where each value stands and refuses the second place. */
function unique(what: string): (value: string, path: string) => void {
  const places = new Map<string, string>()
  return (value, path) => {
    const first = places.get(value)
    if (first !== undefined) refuseAt(path, `${what} stands at ${first} already`)
    places.set(value, path)
  }
}

function checkParameters(parameters: Parameters): void {
  const { heartbeatMs, minIntervalMs, baseTimeoutMs, timeoutCapMs } = parameters
  const { windowMs, accountShare, organizationShare } = parameters
  const at = (name: keyof Parameters, reason: string) => refuseAt(`parameters.${name}`, reason)
  if (heartbeatMs <= minIntervalMs) at('heartbeatMs', 'must be longer than minIntervalMs')
  if (timeoutCapMs < baseTimeoutMs) at('timeoutCapMs', 'must be at least baseTimeoutMs')
  // A transaction must outlive one failed view, or no client could ever have its own included after a crash.
  if (windowMs < 2 * timeoutCapMs) at('windowMs', 'must be at least twice timeoutCapMs')
  if (accountShare > organizationShare) at('accountShare', 'must be at most organizationShare')
}

type Key = { readonly key: Hex; readonly path: string }

function checkKey({ key, path }: Key): void {
  if (!isAcceptableKey(fromHex(key)))
    refuseAt(path, 'not a canonical Ed25519 key of the prime-order group')
}

function checkEncryptionKey({ key, path }: Key): void {
  const point = ristretto255.decode(fromHex(key))
  if (point === undefined || ristretto255.isIdentity(point))
    refuseAt(path, 'not a ristretto255 point, or the identity')
}

/** A fork takes organizations and accounts from the state; it is for the state to say whether they fit (fork.ts). */
function checkFork({ organizations, accounts, fork, signatures }: GenesisFile): void {
  if (fork === null) {
    if (signatures !== null) refuseAt('signatures', 'only a fork is signed')
    return
  }
  if (organizations.length > 0) refuseAt('organizations', 'a fork has those of the old chain')
  if (accounts.length > 0) refuseAt('accounts', 'a fork has those of the old chain')
}

function checkOrganizations({ organizations }: GenesisFile): void {
  const distinctId = unique('this id')
  const distinctName = unique('this name')
  organizations.forEach(({ id, name }, index) => {
    distinctId(id, `organizations[${index}].id`)
    distinctName(name, `organizations[${index}].name`)
  })
  const founding = organizations.filter((organization) => organization.founding).length
  if (founding === 0) refuseAt('organizations', 'none is founding, so nobody could ever vote')
  if (founding > FOUNDERS_MAX)
    refuseAt(
      'organizations',
      `more than ${FOUNDERS_MAX} are founding: no envelope holds a majority`,
    )
}

function checkAccounts({ organizations, accounts }: GenesisFile): void {
  const distinct = unique('this id')
  const kinds = new Map(organizations.map(({ id, kind }) => [id, kind]))
  accounts.forEach(({ id, organization, roles }, index) => {
    const path = `accounts[${index}]`
    distinct(id, `${path}.id`)
    const kind = organization === null ? null : kinds.get(organization)
    if (kind === undefined) refuseAt(`${path}.organization`, 'no organization has this id')
    if (!mayGive(kind, roles))
      refuseAt(`${path}.roles`, `not what ${kind ?? 'an account of its own'} may have`)
  })
  organizations.forEach(({ id, founding }, index) => {
    const admin = accounts.some(
      ({ organization, roles }) => organization === id && roles.includes('admin'),
    )
    if (founding && !admin)
      refuseAt(`organizations[${index}]`, 'a founding organization needs an account that is admin')
  })
}

function checkValidators({ accounts, validators, fork }: GenesisFile): void {
  const distinctName = unique('this name')
  const distinctAccount = unique('this account')
  validators.forEach(({ name, account, organization }, index) => {
    const path = `validators[${index}]`
    distinctName(name, `${path}.name`)
    distinctAccount(account, `${path}.account`)
    if (fork !== null) return
    const found = accounts.find(({ id }) => id === account)
    if (found === undefined) refuseAt(`${path}.account`, 'no account has this id')
    if (found.organization !== organization)
      refuseAt(`${path}.organization`, 'the account belongs to another organization')
    if (!found.roles.includes('validator'))
      refuseAt(`${path}.account`, 'the account does not have the role validator')
  })
}

/** All keys of all identities are different, and acceptable. */
function checkKeys({ accounts, validators }: GenesisFile): void {
  const distinct = unique('this key')
  accounts.forEach(({ publicKeys, encryptionKey }, index) => {
    publicKeys.forEach((key, position) => {
      const path = `accounts[${index}].publicKeys[${position}]`
      distinct(key, path)
      checkKey({ key, path })
    })
    if (encryptionKey === null) return
    const path = `accounts[${index}].encryptionKey`
    distinct(encryptionKey, path)
    checkEncryptionKey({ key: encryptionKey, path })
  })
  validators.forEach(({ consensusKey, peerKey }, index) => {
    for (const [field, key] of Object.entries({ consensusKey, peerKey })) {
      const path = `validators[${index}].${field}`
      distinct(key, path)
      checkKey({ key, path })
    }
  })
}

/** A query must outlive every validator's failed view, or a helper's answer could come too late through no fault of its own. */
function checkVault({ applications, parameters, validators }: GenesisFile): void {
  const section = applications.find(({ name }) => name === 'vault')?.parameters
  if (section === undefined) return
  const { queryDeadlineMs } = section as unknown as VaultParameters
  const least = QUERY_VIEWS_PER_VALIDATOR * validators.length * parameters.baseTimeoutMs
  if (queryDeadlineMs < least)
    refuseAt(
      'applications.vault.queryDeadlineMs',
      `must be at least ${least} with these validators`,
    )
}

/** Throws CodecError with the path of the first thing that is wrong. */
export function checkGenesis(file: GenesisFile): void {
  checkParameters(file.parameters)
  checkFork(file)
  if (file.fork === null) {
    checkOrganizations(file)
    checkAccounts(file)
  }
  checkValidators(file)
  checkVault(file)
  checkKeys(file)
}
