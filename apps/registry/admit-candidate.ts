// registry.admit-candidate: an organization with a seat lets a joiner's node connect, so that it can sync before it counts.
import { accept, defineTx, type Refusal } from '../../vm/app.ts'
import { assert } from '../../vm/assert.ts'
import type { Infer } from '../../vm/codec.ts'
import { named, struct } from '../../vm/codec-compound.ts'
import { hex } from '../../vm/codec-scalar.ts'
import type { Reader } from '../../vm/state.ts'
import type { AccountId, OrganizationId, PublicKey } from '../../vm/types.ts'
import { refuse } from './codes.ts'
import { exampleAccount, KEY_COST, verifyKey } from './new-account.ts'
import { organizationBehind } from './rights.ts'
import { allHolders, newestSet } from './seats.ts'
import {
  CANDIDATES_MAX,
  candidates,
  getAccount,
  getCandidates,
  hasRole,
  REGISTRY,
  suspensions,
} from './state.ts'

/** An organization with a seat may prepare two nodes at once; more would only fill the others' connections. */
export const CANDIDATES_PER_SPONSOR = 2

const payload = named(
  'registry.admit-candidate',
  struct({
    /** An account with the role validator; one that has a seat prepares other keys for it. */
    account: hex<AccountId>(32),
    consensusKey: hex<PublicKey>(32),
    peerKey: hex<PublicKey>(32),
  }),
)
type CandidateKeys = Infer<typeof payload>

/** The organization with a seat that stands behind the first signer. */
function sponsorBehind(state: Reader, signer: AccountId | undefined): OrganizationId | undefined {
  const organization = organizationBehind(state, signer, ['admin'])?.id
  const isSeated = newestSet(state).some((seat) => seat.organization === organization)
  return isSeated ? organization : undefined
}

/**
 * No key of a validator, candidate or account behind one is used twice. The accounts of patients and clerks are not searched: who
 * registers a key that is not its own can do nothing with it, but could keep a joiner out with it.
 */
function checkFreshKeys(
  state: Reader,
  { account, consensusKey, peerKey }: CandidateKeys,
): Refusal | undefined {
  if (consensusKey === peerKey) return refuse('KEY_IN_USE')
  if (suspensions.get(state, consensusKey) !== undefined) return refuse('KEY_SUSPENDED')
  const holders = allHolders(state)
  const accounts = new Set([account, ...holders.map((holder) => holder.account)])
  const used = new Set([
    ...holders.flatMap((holder) => [holder.consensusKey, holder.peerKey]),
    ...[...accounts].flatMap((id) =>
      (getAccount(state, id)?.keys ?? []).map(({ publicKey }) => publicKey),
    ),
  ])
  // A seat may keep one of its keys, each for its own purpose.
  const seat = newestSet(state).find((validator) => validator.account === account)
  const isFree = (key: PublicKey, kept: PublicKey | undefined) => key === kept || !used.has(key)
  const isFresh = isFree(consensusKey, seat?.consensusKey) && isFree(peerKey, seat?.peerKey)
  return isFresh ? undefined : refuse('KEY_IN_USE')
}

export const admitCandidate = defineTx<CandidateKeys>({
  name: 'registry.admit-candidate',
  tag: REGISTRY * 256 + 10,
  summary: "Let a joiner's node, or a new node of a validator, connect and sync.",
  payload,
  example: {
    account: exampleAccount.id,
    consensusKey: '0xd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    peerKey: '0x3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
  },
  cost: () => 1 + 2 * KEY_COST,
  verify: ({ payload: { consensusKey, peerKey } }) => {
    const verdict = verifyKey(consensusKey)
    return verdict.ok ? verifyKey(peerKey) : verdict
  },
  authorize: (state, candidate, { signers }) => {
    const { account, consensusKey, peerKey } = candidate
    const sponsor = sponsorBehind(state, signers[0])
    if (sponsor === undefined) return refuse('NOT_SPONSOR')
    if (!hasRole(state, account, 'validator')) return refuse('ROLE_MISSING')
    const all = getCandidates(state)
    if (all.some((known) => known.account === account)) return refuse('CANDIDATE_EXISTS')
    const own = all.filter((known) => known.sponsor === sponsor).length
    if (own >= CANDIDATES_PER_SPONSOR || all.length >= CANDIDATES_MAX)
      return refuse('CANDIDATES_FULL')
    const seat = newestSet(state).find((validator) => validator.account === account)
    if (seat?.consensusKey === consensusKey && seat.peerKey === peerKey) return refuse('KEYS_SAME')
    return checkFreshKeys(state, candidate)
  },
  execute: (state, { account, consensusKey, peerKey }, { signers }) => {
    const sponsor = sponsorBehind(state, signers[0])
    const organization = getAccount(state, account)?.organization ?? undefined
    assert(sponsor !== undefined && organization !== undefined, 'a candidate was not authorized')
    const candidate = { account, organization, consensusKey, peerKey, sponsor, readyMs: null }
    candidates.put(state, [...getCandidates(state), candidate])
    return accept({ recipient: account, kind: 'registry.candidate-admitted', reference: sponsor })
  },
})
