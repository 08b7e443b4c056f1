// An active replicated committee with three records of one patient, and what questions about them have in common.
import type { Digest } from '../../../../vm/types.ts'
import { ask, letAskBucket, letWrite, segmentOf } from '../cast.ts'
import { createWorld, idOf, type World } from '../world.ts'
import { dealRep, recordRep } from './scene.ts'

export async function ready(
  options: Parameters<typeof dealRep>[1] = {},
  changes: Parameters<typeof createWorld>[0] = {},
) {
  const world = await createWorld(changes)
  const committee = dealRep(world, { bond: 500n, ...options })
  letWrite(world, 'pat')
  const consent = letAskBucket(world, committee.committee, 'pat', { maxUses: 100 })
  const records = recordRep(world, committee, { name: 'pat', amounts: [5n, 2n ** 32n - 1n, 0n] })
  const open = (terms: object = {}) =>
    ask(world, committee, { target: segmentOf('pat', 0), consent, ...terms })
  return { world, committee, consent, records, open }
}

/** Of the three records. */
export const SUM = 5n + 2n ** 32n - 1n
export const timeout = (world: World, query: Digest) =>
  world.send('query.timeout', { account: idOf('sam'), query }, 'sam').code
