// epione validators audit: holds what several nodes saw signed against each other, long after the blocks were decided.
import { Command } from 'commander'
import type { Client } from '../../client/client.ts'
import {
  type DoubleVote,
  findDoubleVotes,
  isSame,
  isSigned,
  type SignedVote,
} from '../../client/signed-vote.ts'
import { toHex } from '../../vm/bytes.ts'
import type { JsonValue } from '../../vm/codec.ts'
import type { Height } from '../../vm/types.ts'
import { voteCodec } from '../../vm/vote.ts'
import { verifySignature } from '../crypto/ed25519.ts'
import { exitCodes } from '../errors.ts'
import { wholeNumber } from './files.ts'
import { clientOf, type NodeChoice, withNode } from './node-url.ts'
import { print, withJson } from './output.ts'

type Options = NodeChoice & { readonly from?: string; readonly json?: boolean }

type Seen = Map<Height, SignedVote[]>

/** Adds what one node has kept from a height on. */
async function gather(client: Client, from: Height, seen: Seen): Promise<void> {
  for (let next = from; ; ) {
    const { height, heights } = await client.votes(next)
    for (const { height: at, votes } of heights) {
      const known = seen.get(at) ?? []
      const isNew = (one: SignedVote) =>
        !known.some(
          ({ consensusKey, vote }) => consensusKey === one.consensusKey && isSame(vote, one.vote),
        )
      seen.set(at, [...known, ...votes.filter((one) => one.vote.height === at && isNew(one))])
    }
    next += heights.length
    if (heights.length === 0 || next > height) return
  }
}

/** As the transaction registry.evidence takes it. */
function payloadOf({ first, second }: DoubleVote): JsonValue {
  const plain = ({ vote, signature }: SignedVote) => ({
    vote: voteCodec.toJson(vote),
    signature: toHex(signature),
  })
  return { consensusKey: first.consensusKey, first: plain(first), second: plain(second) }
}

function linesOf(heights: number, found: readonly DoubleVote[]): readonly string[] {
  if (found.length === 0) return [`good: no two votes of ${heights} heights contradict each other`]
  return found.flatMap((double) => {
    const { consensusKey, vote } = double.first
    const kinds = `${vote.kind} and ${double.second.vote.kind}`
    return [
      `BAD at height ${vote.height}: ${consensusKey} signed a ${kinds} that contradict each other`,
      `  try: epione tx registry.evidence '${JSON.stringify(payloadOf(double))}'`,
    ]
  })
}

async function run(others: readonly string[], options: Options): Promise<void> {
  const first = await clientOf(options)
  const { height, chainId, parameters } = await first.chain()
  const kept = Math.max(1, height - parameters.evidenceHeights + 1)
  const from = options.from === undefined ? kept : wholeNumber('--from', options.from)
  const seen: Seen = new Map()
  for (const client of [first, ...(await Promise.all(others.map((url) => clientOf({ url }))))])
    await gather(client, from, seen)
  const rule = { chainId, verifySignature }
  const found = [...seen.values()].flatMap((votes) =>
    findDoubleVotes(votes.filter((one) => isSigned(rule, one))),
  )
  const heights = [...seen.values()].filter((votes) => votes.length > 0).length
  print(options, { heights, doubleVotes: found.map(payloadOf) }, () => linesOf(heights, found))
  if (found.length > 0) process.exitCode = exitCodes.failed
}

export function auditCommand(): Command {
  const command = withNode(new Command('audit'))
    .description('look for votes that contradict each other, in what nodes saw signed')
    .argument('[urls...]', 'more nodes: one alone may have seen one of two votes')
    .option('--from <height>', 'the first height (default: all that are kept)')
  return withJson(command, [
    'epione validators audit',
    'epione validators audit --from 1 --json',
  ]).action(run)
}
