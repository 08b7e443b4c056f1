// Whether a vote on the validators would count: asked before anything is sent, in the words of the rule that the ledger has.
import { isKeyActive } from '../../apps/registry/keys.ts'
import { type ProposalVote, votersOf } from '../../apps/registry/proposal.ts'
import type { Account, Organization } from '../../apps/registry/state.ts'
import type { Client } from '../../client/client.ts'
import { ClientError } from '../../client/errors.ts'
import type { OrganizationId } from '../../vm/types.ts'
import { askValidators, type SeenValidators } from './ask-validators.ts'

type Seat = SeenValidators['pending'][number]['validators'][number]

/** A set to come counts before the one that decides now. */
export function votingSet({ pending, validators }: SeenValidators): readonly Seat[] {
  return pending.at(-1)?.validators ?? validators
}

export type Standing =
  | { readonly counts: true; readonly organization: OrganizationId }
  | { readonly counts: false; readonly why: string }

const not = (why: string): Standing => ({ counts: false, why })

async function find<T>(ask: Promise<{ readonly result: unknown }>): Promise<T | undefined> {
  try {
    return (await ask).result as T
  } catch (error) {
    if (error instanceof ClientError && error.code === 'QUERY_REFUSED') return undefined
    throw error
  }
}

/** As `voterOf` of the registry decides when the change is sent; roles, keys and seats may change until then. */
export async function standingOf(
  client: Client,
  { account, publicKey }: Pick<ProposalVote, 'account' | 'publicKey'>,
  view?: SeenValidators,
): Promise<Standing> {
  const seen = view ?? (await askValidators(client))
  const found = await find<Account>(client.query('registry.account', { account }))
  if (found === undefined) return not('the ledger knows no such account')
  if (found.status !== 'active') return not('the account is not active')
  if (!found.roles.includes('admin')) return not('the account is no admin')
  if (!found.keys.some((key) => key.publicKey === publicKey && isKeyActive(key, seen.timeMs)))
    return not('the key is not active for the account')
  const { organization } = found
  if (organization === null || !votersOf(votingSet(seen)).includes(organization))
    return not('its organization has no validator')
  const own = await find<Organization>(client.query('registry.organization', { organization }))
  return own?.status === 'active'
    ? { counts: true, organization }
    : not('its organization is suspended')
}
