// The helper: one organization's server of a committee, which reads the chain for itself and answers what it has verified.
import { appList } from '../../../apps/index.ts'
import { assert } from '../../../vm/assert.ts'
import { createRules } from '../../../vm/rules.ts'
import type { TimeMs } from '../../../vm/types.ts'
import { openLevelStore } from '../../store/level.ts'
import type { ProvenBlock, Tip } from '../block.ts'
import { follow } from '../follow.ts'
import { createNodes } from '../nodes.ts'
import type { AgentContext } from '../process.ts'
import { agentPaths, readSigner, requireJson } from '../settings.ts'
import { createAnswers } from './answers.ts'
import { openOwnState } from './own-state.ts'
import { createReading } from './reading.ts'
import { createSeat } from './seat.ts'
import { helperSettingsSchema } from './settings.ts'

/** Windows pass also when no block comes. */
const TICK_MS = 250

export async function runHelper(context: AgentContext): Promise<void> {
  const { home, anchor, log, ended, report } = context
  const settings = await requireJson(agentPaths(home).settings, helperSettingsSchema)
  const { chainId, account, serves } = settings
  assert(serves.kind === 'dealer', 'other keys are served by other files')
  const { committee } = serves
  const signer = await readSigner(home, account)
  const store = await openLevelStore(agentPaths(home).data)
  const own = openOwnState(store)
  const { engine, parameters, vault, validators } = anchor
  const rules = createRules({ chainId, engine, parameters, list: appList })
  const reading = createReading({ rules, committee, account, vault, log })
  const seat = createSeat({
    context,
    signer,
    committee,
    bond: BigInt(settings.bond),
    state: own.reader,
  })
  const answers = createAnswers({ context, signer, own })
  const failed = Promise.withResolvers<never>()
  let blockTimeMs: TimeMs = 0

  const attend = (): void => {
    const timeMs = Math.max(blockTimeMs, Date.now())
    seat.attend(timeMs).catch(failed.reject)
    const held = seat.held()
    if (held === undefined) return
    for (const answer of answers.attend(held, timeMs)) answer.catch(failed.reject)
  }

  const onBlock = async (block: ProvenBlock, tip: Tip): Promise<void> => {
    const overlay = own.overlay()
    const openQueries = reading.read(overlay, block, own.openQueries())
    await own.commit(overlay, { tip, openQueries })
    blockTimeMs = block.header.timeMs
    attend()
  }

  const start: Tip = own.tip() ?? { chainId, engine, height: 0, id: undefined, validators }
  const { urls, view } = context
  // Its own connection: calls that wait for a block are given up sooner than those that wait for a receipt.
  const nodes = createNodes({ urls, log, view })
  const follower = follow({ nodes, tip: start, onBlock, log })
  const timer = setInterval(attend, TICK_MS)
  seat.offer().catch(failed.reject)
  report({ kind: 'ready' })
  await Promise.race([ended, follower.ended, failed.promise])
  clearInterval(timer)
  follower.stop()
  await store.close()
}
