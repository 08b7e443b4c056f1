// Follows the chain block by block as a light verifier: nothing of a node is believed but what the certificates prove.
import { blockAnswer } from '../../client/answers.ts'
import type { Client } from '../../client/client.ts'
import { ClientError, malformed } from '../../client/errors.ts'
import { pause } from '../../client/web.ts'
import { CodecError, type Infer } from '../../vm/codec.ts'
import type { Height } from '../../vm/types.ts'
import { type Validator, validatorsRoot } from '../../vm/validator.ts'
import type { Logger } from '../logger.ts'
import { type ProvenBlock, type ServedBlock, type Tip, verifyBlock } from './block.ts'
import { distrust, type Nodes } from './nodes.ts'

export type FollowParameters = {
  readonly nodes: Nodes
  /** Where the agent stands; it never goes back from there. */
  readonly tip: Tip
  /** The next block with the tip after it; resolves when both are on disk. */
  readonly onBlock: (block: ProvenBlock, tip: Tip) => Promise<void>
  readonly log: Logger
}

export type Follower = {
  readonly tip: () => Tip
  /** Resolves when following has ended, rejects when `onBlock` failed. */
  readonly ended: Promise<void>
  readonly stop: () => void
}

function decodeBlock(json: unknown): Infer<typeof blockAnswer> {
  try {
    return blockAnswer.fromJson(json)
  } catch (error) {
    if (error instanceof CodecError) throw malformed(error.message)
    throw error
  }
}

/** An envelope at a time, for a block that is too large for one answer. */
async function fetchLargeBlock(client: Client, height: Height): Promise<ServedBlock> {
  const answer = decodeBlock(await client.call('chain_block', { height }))
  const envelopes: Uint8Array[] = []
  for (const { txId } of answer.receipts) envelopes.push((await client.transaction(txId)).envelope)
  return { ...answer.proof, envelopes, receipts: answer.receipts }
}

/** Waits at the node until it has the block. */
async function fetchBlock(client: Client, height: Height): Promise<ServedBlock> {
  try {
    const parameters = { height, minHeight: height, envelopes: true }
    const answer = decodeBlock(await client.call('chain_block', parameters))
    return { ...answer.proof, envelopes: answer.envelopes ?? [], receipts: answer.receipts }
  } catch (error) {
    const isLarge = error instanceof ClientError && error.code === 'RESPONSE_TOO_LARGE'
    if (!isLarge) throw error
    return fetchLargeBlock(client, height)
  }
}

/** The set that certifies the block after the header: the known one, or the one whose digest the certified header names. */
async function nextSet(
  client: Client,
  tip: Tip,
  block: ProvenBlock,
): Promise<readonly Validator[]> {
  const { height, validatorsRoot: root } = block.header
  if (validatorsRoot(tip.validators) === root) return tip.validators
  const { links } = await client.setChain(height)
  const set = links.find(({ validators }) => validatorsRoot(validators) === root)?.validators
  if (set === undefined) throw distrust(`no node shows the validators after block ${height}`)
  return set
}

async function fetchNext(client: Client, tip: Tip): Promise<{ block: ProvenBlock; tip: Tip }> {
  const height = tip.height + 1
  const result = verifyBlock(tip, await fetchBlock(client, height))
  if (!result.ok) throw distrust(`what a node shows as block ${height} is none: ${result.flaw}`)
  const { block } = result
  const validators = await nextSet(client, tip, block)
  return { block, tip: { ...tip, height, id: block.id, validators } }
}

/** Before the nodes are asked again when none had an answer that counts. */
const PAUSE_MS = 250

export function follow(parameters: FollowParameters): Follower {
  const { nodes, onBlock, log } = parameters
  let { tip } = parameters
  let stopped = false

  const step = async (): Promise<void> => {
    let next: Awaited<ReturnType<typeof fetchNext>>
    try {
      next = await nodes.ask(({ client }) => fetchNext(client, tip))
    } catch (error) {
      if (!(error instanceof ClientError)) throw error
      log.debug({ height: tip.height + 1, error: String(error) }, 'no next block yet')
      await pause(PAUSE_MS)
      return
    }
    if (stopped) return
    await onBlock(next.block, next.tip)
    tip = next.tip
  }

  const run = async (): Promise<void> => {
    while (!stopped) await step()
  }

  return {
    tip: () => tip,
    ended: run(),
    stop: () => {
      stopped = true
    },
  }
}
