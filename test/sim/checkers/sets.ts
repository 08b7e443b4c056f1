// Checkers of who decides: the sets as a client follows them are those by which the heights were decided.
import { followSets, startView } from '../../../client/trusted-view.ts'
import type { Validator } from '../../../vm/validator.ts'
import { validatorsRoot } from '../../../vm/validator.ts'
import type { Running } from '../running.ts'
import type { World } from '../world.ts'
import type { Checker } from './checker.ts'

/** What a client that knows the genesis makes of a node's set chain; or why it does not follow. */
async function clientSets({ ledger }: Running, world: World) {
  const { chainId, engine, parameters, validators } = world.chain.genesis
  const { heartbeatMs } = parameters
  const first = startView({ chainId, engine, heartbeatMs, validators })
  const links = (await ledger.setChain(1)).map((link) => ({
    proof: { header: link.headerBytes, certificate: link.certificateBytes },
    parent: link.parentBytes,
    validators: link.validators,
  }))
  const { verify } = world.signatures
  return followSets(first, links, { nowMs: 0, verifySignature: verify })
}

/** Every honest node can prove to a client by which sets the heights were decided, from the genesis to the newest. */
const setChain: Checker = {
  name: 'set-chain',
  create: ({ find, world }) => {
    const { validators: first } = world.chain.genesis
    /** Heights from which on another set certifies. */
    const changes: { readonly from: number; readonly root: string }[] = []
    let height = 0
    let root = validatorsRoot(first)
    const note = (at: number, set: readonly Validator[]): void => {
      if (at <= height) return
      height = at
      const next = validatorsRoot(set)
      if (next !== root) changes.push({ from: at, root: next })
      root = next
    }
    return {
      onCommit: (_, { executed: { header, validators } }) => note(header.height, validators),
      onEnd: async () => {
        for (const { running, isHonest, process } of world.machines) {
          if (running === undefined || !isHonest) continue
          const head = running.ledger.head().header.height
          const followed = await clientSets(running, world)
          if (!followed.ok) {
            find(`a client of process ${process} does not follow: ${followed.detail}`)
            return
          }
          const [, ...sets] = followed.view.sets
          const told = sets.map(({ from, validators }) => `${from} ${validatorsRoot(validators)}`)
          const seen = changes.filter(({ from }) => from <= head)
          const known = seen.map((one) => `${one.from} ${one.root}`)
          if (told.join() !== known.join())
            find(`a client of process ${process} knows ${told.length} of ${known.length} sets`)
        }
      },
    }
  },
}

export const setCheckers = [setChain] as const
