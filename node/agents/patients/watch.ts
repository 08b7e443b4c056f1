// The patients' process follows the chain by itself, so that nobody learns from its questions whose records it waits for.
import { z } from 'zod'
import { appList } from '../../../apps/index.ts'
import { createRules } from '../../../vm/rules.ts'
import type { Height } from '../../../vm/types.ts'
import { replaceFile } from '../../files.ts'
import { acceptedActs } from '../block.ts'
import { follow } from '../follow.ts'
import { createNodes } from '../nodes.ts'
import type { AgentContext } from '../process.ts'
import { agentPaths, readJson, toJsonBytes } from '../settings.ts'
import { firstTip, tipFromJson, tipToJson } from '../tip.ts'
import type { Receipts } from './receipts.ts'

export type Watch = {
  /** Resolves when all blocks up to the height were read and what had to be disputed is on the ledger. */
  readonly reach: (height: Height) => Promise<void>
  /** Rejects when following failed. */
  readonly failed: Promise<never>
  readonly stop: () => Promise<void>
}

/** After a crash so many blocks are read once more: what was disputed is known by its name in the outbox. */
const KEEP_EVERY = 20

export async function startWatch(context: AgentContext, receipts: Receipts): Promise<Watch> {
  const { anchor, home, log, urls, view } = context
  const { chainId, engine, parameters } = anchor
  const path = agentPaths(home).file('tip.json')
  const kept = await readJson(path, z.unknown())
  const start = kept === undefined ? firstTip(anchor) : tipFromJson(kept)
  const { types } = createRules({ chainId, engine, parameters, list: appList })
  const waiting = new Map<() => void, Height>()
  let tip = start
  const keep = (): Promise<void> => replaceFile(path, toJsonBytes(tipToJson(tip)))

  // Its own connection: calls that wait for a block are given up sooner than those that wait for a receipt.
  const nodes = createNodes({ urls, log, view })
  const follower = follow({
    nodes,
    tip: start,
    log,
    onBlock: async (block, after) => {
      await receipts.look(block.transactions.flatMap((proven) => acceptedActs(types, proven)))
      tip = after
      if (tip.height % KEEP_EVERY === 0) await keep()
      for (const [resolve, height] of waiting) if (height <= tip.height) resolve()
    },
  })
  const failed = follower.ended.then(() => new Promise<never>(() => undefined))
  failed.catch(() => undefined)
  return {
    failed,
    reach: async (height) => {
      if (tip.height >= height) return
      const { promise, resolve } = Promise.withResolvers<void>()
      waiting.set(resolve, height)
      await Promise.race([promise, failed])
      waiting.delete(resolve)
    },
    stop: async () => {
      follower.stop()
      await keep()
    },
  }
}
