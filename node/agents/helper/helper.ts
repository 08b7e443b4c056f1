// The helper: one organization's server, which reads the chain for itself and answers what it has verified.
import { appList } from '../../../apps/index.ts'
import { ClientError } from '../../../client/errors.ts'
import { createRules } from '../../../vm/rules.ts'
import type { TimeMs } from '../../../vm/types.ts'
import { EpioneError } from '../../errors.ts'
import { openLevelStore } from '../../store/level.ts'
import type { ProvenBlock, Tip } from '../block.ts'
import { follow } from '../follow.ts'
import { createNodes } from '../nodes.ts'
import type { AgentContext } from '../process.ts'
import { agentPaths, readSigner, requireJson } from '../settings.ts'
import { firstTip } from '../tip.ts'
import { type OwnState, openOwnState } from './own-state.ts'
import { createServing } from './serving.ts'
import { helperSettingsSchema } from './settings.ts'

/** Windows pass also when no block comes. */
const TICK_MS = 250

/** Where reading goes on: at the first state of the genesis file, or after the last block that was kept. */
async function startOf(own: OwnState, { anchor }: AgentContext): Promise<Tip> {
  const kept = own.tip()
  if (kept !== undefined) return kept
  const { firstState } = anchor
  if (firstState === undefined)
    throw new EpioneError({
      code: 'GENESIS_MISMATCH',
      message: 'this chain goes on from another one, whose last state is in no genesis file',
      hint: 'start the helper in the home that it had on the old chain, or serve a new vault of a chain of its own',
    })
  const tip = firstTip(anchor)
  await own.commit(firstState, tip)
  return tip
}

export async function runHelper(context: AgentContext): Promise<void> {
  const { home, anchor, log, ended, report, urls, view } = context
  const settings = await requireJson(agentPaths(home).settings, helperSettingsSchema)
  const { account, serves, cheat } = settings
  const signer = await readSigner(home, account)
  const store = await openLevelStore(agentPaths(home).data)
  const own = openOwnState(store)
  const tip = await startOf(own, context)
  const { chainId, engine, parameters } = anchor
  const rules = createRules({ chainId, engine, parameters, list: appList })
  const bond = BigInt(settings.bond)
  const serving = createServing({ context, signer, own, bond, cheat, rules }, serves)
  const failed = Promise.withResolvers<never>()
  let blockTimeMs: TimeMs = 0

  /** What the nodes do not take now is tried again; a helper that ended would be silent. */
  const mindOf = (error: unknown): void => {
    if (error instanceof ClientError) log.warn({ error: String(error) }, 'not done yet')
    else failed.reject(error)
  }

  const attend = (): void => {
    const timeMs = Math.max(blockTimeMs, Date.now())
    for (const duty of serving.attend(timeMs)) duty.catch(mindOf)
  }

  const onBlock = async (block: ProvenBlock, after: Tip): Promise<void> => {
    await serving.read(block, after)
    blockTimeMs = block.header.timeMs
    attend()
  }

  // Its own connection: calls that wait for a block are given up sooner than those that wait for a receipt.
  const nodes = createNodes({ urls, log, view })
  const follower = follow({ nodes, tip, onBlock, log })
  const timer = setInterval(attend, TICK_MS)
  serving.begin().catch(failed.reject)
  report({ kind: 'ready' })
  await Promise.race([ended, follower.ended, failed.promise])
  clearInterval(timer)
  follower.stop()
  await store.close()
}
