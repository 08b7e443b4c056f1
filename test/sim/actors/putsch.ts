// Hands in changes of the validator set that too few organizations want.
import { changeValidators } from '../../../apps/registry/change-validators.ts'
import { type ProposalVote, proposalHash } from '../../../apps/registry/proposal.ts'
import { act, signTransaction } from '../../../client/transaction.ts'
import { adminOf, saltOf } from '../chain.ts'
import type { Actor, ActorPorts } from './actor.ts'

const VALID_MS = 60_000

/** Its own vote: alone, three times, or three times with others' names on it. */
function votesOf(ports: ActorPorts, message: Uint8Array): readonly ProposalVote[] {
  const { chain, index, others, random, signerOf } = ports
  const admin = adminOf(chain, index)
  if (admin === undefined) return []
  const { account, publicKey } = admin
  const own = { account, publicKey, signature: signerOf(admin)(message) }
  const names = others.flatMap((place) => adminOf(chain, place) ?? [])
  return random.pick([
    [own],
    [own, own, own],
    [own, ...names.map((other) => ({ ...own, account: other.account }))],
    [
      own,
      ...names.map((other) => ({ ...own, account: other.account, publicKey: other.publicKey })),
    ],
  ])
}

async function grab(ports: ActorPorts): Promise<void> {
  const { chain, index, random, signerOf, others, post, nowMs, note } = ports
  const seat = chain.seats[index]
  const victim = chain.genesis.validators[random.pick(others)]?.account
  if (seat === undefined || victim === undefined) return
  const { chainId, timeMs } = chain.genesis
  const change = { kind: 'remove', account: victim } as const
  const proposal = { change, fromMs: timeMs, untilMs: nowMs() + VALID_MS }
  const votes = votesOf(ports, proposalHash(chainId, proposal))
  if (votes.length === 0) return
  note()
  const { account, publicKey } = seat.account
  const { bytes } = await signTransaction({
    chainId,
    act: act(changeValidators, { proposal, votes }),
    validUntil: nowMs() + VALID_MS,
    signers: [{ account, publicKey, sign: signerOf(seat.account) }],
    salt: saltOf(random.below(2 ** 32)),
  })
  for (const to of others) post(to, { kind: 'transactions', envelopes: [bytes] })
}

export const putschist: Actor = {
  name: 'set change of one',
  behaviours: [29],
  expectation: 'ignored',
  create: (ports) => ({ act: () => void grab(ports) }),
}
