// Hands in evidence against validators that did nothing wrong.
import { evidence } from '../../../apps/registry/evidence.ts'
import { act, signTransaction } from '../../../client/transaction.ts'
import type { Message } from '../../../consensus/message.ts'
import { sameBody, type Vote } from '../../../vm/vote.ts'
import { saltOf } from '../chain.ts'
import type { Actor, ActorPorts } from './actor.ts'

const VALID_MS = 60_000

type SignedVote = { readonly vote: Vote; readonly signature: Uint8Array }

function voteOf({ signature, ...message }: Message): SignedVote {
  const { kind, height, view } = message
  if (kind === 'view-change')
    return { vote: { kind, height, view, prepared: message.prepared }, signature }
  return { vote: { kind, height, view, blockId: message.blockId }, signature }
}

/** Two real votes of somebody else; or one, and its signature under a vote that would contradict it. */
function pairs(
  mine: number,
  heard: readonly Message[],
): readonly (readonly [SignedVote, SignedVote])[] {
  return heard
    .filter(({ signer }) => signer !== mine)
    .flatMap((one) => {
      const other = heard.find((two) => two.signer === one.signer && two.kind !== one.kind)
      const real = voteOf(one)
      const denial = { kind: 'view-change', height: one.height, view: one.view + 1 } as const
      const forged = { vote: { ...denial, prepared: null }, signature: one.signature }
      const isCommit = one.kind === 'commit'
      return [
        ...(other === undefined || sameBody(one, other) ? [] : [[real, voteOf(other)] as const]),
        ...(isCommit ? [[real, forged] as const] : []),
      ]
    })
}

async function accuse(ports: ActorPorts): Promise<void> {
  const { chain, index, random, heard, signerOf, others, post, nowMs, note } = ports
  const messages = heard.messages()
  const found = pairs(index, messages)
  const seat = chain.seats[index]
  if (found.length === 0 || seat === undefined) return
  const [first, second] = random.pick(found)
  const accused = messages.find(({ signature }) => signature === first.signature)?.signer
  const consensusKey = chain.seats[accused ?? index]?.keys.consensus.publicKey
  if (consensusKey === undefined || accused === undefined) return
  const { account, publicKey } = seat.account
  note()
  const { bytes } = await signTransaction({
    chainId: chain.genesis.chainId,
    act: act(evidence, { consensusKey, first, second }),
    validUntil: nowMs() + VALID_MS,
    signers: [{ account, publicKey, sign: signerOf(seat.account) }],
    salt: saltOf(random.below(2 ** 32)),
  })
  for (const to of others) post(to, { kind: 'transactions', envelopes: [bytes] })
}

export const framer: Actor = {
  name: 'framing',
  behaviours: [28],
  expectation: 'ignored',
  create: (ports) => ({ act: () => void accuse(ports) }),
}
