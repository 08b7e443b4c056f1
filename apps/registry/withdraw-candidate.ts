// registry.withdraw-candidate: its sponsor, its own organization, or any with a seat if the sponsor lost its own, takes a candidate back.
import { accept, defineTx } from '../../vm/app.ts'
import type { Infer } from '../../vm/codec.ts'
import { named, struct } from '../../vm/codec-compound.ts'
import { hex } from '../../vm/codec-scalar.ts'
import type { AccountId } from '../../vm/types.ts'
import { refuse } from './codes.ts'
import { organizationBehind } from './rights.ts'
import { newestSet } from './seats.ts'
import { candidates, getCandidates, REGISTRY } from './state.ts'

const payload = named('registry.withdraw-candidate', struct({ account: hex<AccountId>(32) }))

export const withdrawCandidate = defineTx<Infer<typeof payload>>({
  name: 'registry.withdraw-candidate',
  tag: REGISTRY * 256 + 11,
  summary:
    'Take a candidate back that the own organization admitted, that is its own, or whose sponsor lost its seat.',
  payload,
  example: { account: '0x'.padEnd(66, '1c') },
  cost: () => 1,
  authorize: (state, { account }, { signers }) => {
    const candidate = getCandidates(state).find((known) => known.account === account)
    if (candidate === undefined) return refuse('CANDIDATE_UNKNOWN')
    const own = organizationBehind(state, signers[0], ['admin'])?.id
    if (own === undefined) return refuse('NOT_ADMIN')
    const isOwn = own === candidate.sponsor || own === candidate.organization
    const seated = new Set(newestSet(state).map(({ organization }) => organization))
    // Nobody else answers for the candidate of who has no seat any more, and its places are few.
    const isOrphan = !seated.has(candidate.sponsor) && seated.has(own)
    return isOwn || isOrphan ? undefined : refuse('NOT_ADMIN')
  },
  execute: (state, { account }) => {
    candidates.put(
      state,
      getCandidates(state).filter((known) => known.account !== account),
    )
    return accept({ recipient: account, kind: 'registry.candidate-withdrawn', reference: account })
  },
})
