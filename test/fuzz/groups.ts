// All that is fuzzed, in groups that are made when they are wanted: decoders, and what has a life of its own.
import type { Test } from 'tap'
import { clientTarget } from './stateful-client.ts'
import { diskFolderTargets } from './stateful-disk.ts'
import { liveTargets } from './stateful-live.ts'
import { rpcTarget } from './stateful-rpc.ts'
import { socketTarget } from './stateful-socket.ts'
import type { Target } from './target.ts'
import { targets } from './targets.ts'

export type Group = {
  readonly names: readonly string[]
  /** Something with a life ends with the teardown. */
  readonly make: (t: Pick<Test, 'teardown'>) => Promise<readonly Target[]>
}

export const statefulGroups: readonly Group[] = [
  { names: ['journal-folder', 'vote-lock-file'], make: diskFolderTargets },
  { names: ['client-answers'], make: async () => [await clientTarget()] },
  { names: ['rpc'], make: async () => [await rpcTarget()] },
  {
    names: ['live-frames', 'live-votes', 'live-transactions', 'live-requests'],
    make: liveTargets,
  },
  { names: ['websocket'], make: async (t) => [await socketTarget(t)] },
]

export const groups: readonly Group[] = [
  { names: targets.map(({ name }) => name), make: async () => targets },
  ...statefulGroups,
]
