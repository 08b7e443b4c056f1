// The registry's first state: organizations, accounts and validators of the genesis file.
import type { Writer } from '../../vm/state.ts'
import type { AccountId, Hex, OrganizationId, PublicKey, TimeMs } from '../../vm/types.ts'
import type { Validator } from '../../vm/validator.ts'
import type { OrganizationKind, Role } from './roles.ts'
import { firstRotation } from './rotation.ts'
import {
  accounts,
  candidates,
  founders,
  organizations,
  pastSets,
  pendingSets,
  rotations,
  type Settings,
  setHeights,
  settings,
  usedProposals,
  validatorSet,
} from './state.ts'

export type GenesisOrganization = {
  readonly id: OrganizationId
  readonly name: string
  readonly kind: OrganizationKind
  readonly founding: boolean
}

export type GenesisAccount = {
  readonly id: AccountId
  readonly organization: OrganizationId | null
  readonly roles: readonly Role[]
  readonly publicKeys: readonly PublicKey[]
  readonly encryptionKey: Hex | null
}

export type GenesisMembers = {
  readonly parameters: Pick<Settings, 'evidenceHeights'>
  readonly timeMs: TimeMs
  readonly organizations: readonly GenesisOrganization[]
  readonly accounts: readonly GenesisAccount[]
  readonly validators: readonly Validator[]
}

/** What the first set certifies first: block 0 has no certificate. */
const FIRST_HEIGHT = 1

/** Writes members that the genesis checks have passed. */
export function initializeRegistry(state: Writer, members: GenesisMembers): void {
  for (const { id, name, kind, founding } of members.organizations) {
    organizations.put(state, { name, kind, status: 'active', founding }, id)
  }
  const founding = members.organizations.filter((organization) => organization.founding)
  founders.put(state, founding.map(({ id }) => id).sort())
  for (const { id, organization, roles, publicKeys, encryptionKey } of members.accounts) {
    const keys = publicKeys.map((publicKey) => ({
      publicKey,
      status: 'active' as const,
      fromMs: 0,
      untilMs: null,
    }))
    accounts.put(state, { organization, roles, status: 'active', keys, encryptionKey }, id)
  }
  const set = members.validators.map(({ account, organization, consensusKey, peerKey }) => ({
    account,
    organization,
    consensusKey,
    peerKey,
  }))
  putFirstSet(state, { ...members, validators: set })
}

function putFirstSet(
  state: Writer,
  { parameters, validators }: Pick<GenesisMembers, 'parameters' | 'validators'>,
): void {
  const { evidenceHeights } = parameters
  settings.put(state, { evidenceHeights })
  validatorSet.put(state, validators)
  pastSets.put(state, validators, FIRST_HEIGHT)
  setHeights.put(state, [FIRST_HEIGHT])
  rotations.put(state, firstRotation(validators.map(({ account }) => account)))
}

/**
 * The registry of a chain that takes over the state of another: members stay, heights begin anew, and what was on its way to the
 * old set is dropped. Keys that evidence was given against stay suspended.
 */
export function forkRegistry(
  state: Writer,
  chain: Pick<GenesisMembers, 'parameters' | 'validators'>,
): void {
  for (const height of setHeights.get(state) ?? []) pastSets.remove(state, height)
  pendingSets.remove(state)
  candidates.remove(state)
  usedProposals.remove(state)
  putFirstSet(state, chain)
}
