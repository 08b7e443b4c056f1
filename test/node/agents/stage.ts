// Helpers of a test over the vault's small chain: real executor, real proofs, real agents; what they send is in the next block.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { parametersTable } from '../../../apps/vault/state.ts'
import { createSeedSigner } from '../../../client/signer.ts'
import type { ProvenBlock, Tip } from '../../../node/agents/block.ts'
import { openOwnState } from '../../../node/agents/helper/own-state.ts'
import { createServing, type Serving } from '../../../node/agents/helper/serving.ts'
import type { HelperSettings, Serves } from '../../../node/agents/helper/settings.ts'
import { type Outbox, openOutbox } from '../../../node/agents/outbox.ts'
import type { AgentContext } from '../../../node/agents/process.ts'
import { silentLogger } from '../../../node/logger.ts'
import { createMemoryStore } from '../../../node/store/memory.ts'
import type { StateKey } from '../../../vm/state.ts'
import type { AccountId, Digest, Hex } from '../../../vm/types.ts'
import { entropyOf, idOf, suite, type TypeName, type World } from '../../apps/vault/world.ts'
import { temporaryFolder } from '../../support/epione.ts'

type Store = ReturnType<typeof createMemoryStore>

/** One transaction that an agent sent, and what became of it. */
export type Said = { readonly type: string; readonly code: string; readonly payload: unknown }

/** Everything of a helper that outlives its process. */
export type Actor = {
  readonly name: string
  readonly account: AccountId
  readonly home: string
  readonly store: Store
  readonly said: Said[]
  serving: Serving
  /** What its process starts from, for commands that a person gives in its home. */
  context: AgentContext
  /** The process ends and another one begins in the same home. */
  readonly restart: (changes?: Partial<Part>) => Promise<void>
}

export type Part = {
  readonly name: string
  readonly serves: Serves
  readonly cheat?: HelperSettings['cheat']
}

function senderIn(
  world: World,
  { name, outbox, said }: { readonly name: string; readonly outbox: Outbox; readonly said: Said[] },
): AgentContext['sender'] {
  return {
    latencies: () => [],
    deliver: async ({ key, make }) => {
      const known = outbox.get(key)
      if (known?.outcome !== undefined) return known.outcome
      const act = known?.act ?? (await make())
      if (known === undefined) await outbox.keep(key, act)
      const type = world.rules.types.get(act.tag)
      if (type === undefined) throw new Error(`no type ${act.tag}`)
      const payload = type.payload.fromCbor(act.payload)
      const { code } = world.send(type.name as TypeName, payload, name)
      said.push({ type: type.name, code, payload })
      const outcome = { code, items: [], height: world.blocks.length }
      await outbox.finish(key, outcome)
      return outcome
    },
  }
}

export function tipAt(world: World, height: number): Tip {
  const validators = world.rules.list.identity.validators(world.state())
  return { chainId: world.chainId, engine: 'pbft', height, id: undefined, validators }
}

async function openServing(
  world: World,
  actor: Actor,
  { part, outbox }: { readonly part: Part; readonly outbox: Outbox },
): Promise<Serving> {
  const { account, home, name, said, store } = actor
  const own = openOwnState(store)
  if (own.tip() === undefined) await own.commit(world.first, tipAt(world, 0))
  const vault = parametersTable.get(world.state())
  const context = {
    home,
    outbox,
    crypto: suite,
    log: silentLogger(),
    sender: senderIn(world, { name, outbox, said }),
    anchor: { chainId: world.chainId, vault },
  } as unknown as AgentContext
  const signer = createSeedSigner({ account, seed: entropyOf(`seed of ${name}`) })
  const { cheat = null, serves } = part
  const { rules } = world
  actor.context = context
  return createServing({ context, signer, own, bond: 2_000n, cheat, rules }, serves)
}

/** A block as a verifier hands it over. */
export function blockAt(world: World, height: number): { block: ProvenBlock; tip: Tip } {
  const made = world.blocks[height - 1]
  if (made === undefined) throw new Error(`no block ${height}`)
  const { timeMs, transaction, receipt } = made
  const header = { height, timeMs, proposer: world.proposer } as ProvenBlock['header']
  const id: Digest = idOf(`block ${height}`)
  return {
    block: { header, id, transactions: [{ transaction, receipt }] },
    tip: tipAt(world, height),
  }
}

/** The world as a node shows it, without proofs: these are the verified client's concern. */
function nodesOf(world: World): AgentContext['nodes'] {
  const height = () => world.blocks.length
  const verified = {
    stateValue: async (at: StateKey) => ({
      value: world.state().get(at),
      height: height(),
      timeMs: world.now(),
    }),
    transaction: async (id: Digest) => {
      const found = world.blocks.find(({ transaction }) => transaction.id === id)
      if (found === undefined) throw new Error(`no transaction ${id}`)
      return { transaction: found.transaction, height: height() }
    },
    events: async ({ recipient, cursor }: { recipient: Hex; cursor?: string | null }) => {
      const all = world.blocks.flatMap(({ events }) => events)
      const from = Number(cursor ?? 0)
      const events = all
        .slice(from)
        .flatMap((event) => (event.recipient === recipient ? [{ event }] : []))
      return { events, nextCursor: String(all.length), more: false }
    },
  }
  const ask = (work: (node: unknown) => unknown) => work({ verified })
  return { ask } as unknown as AgentContext['nodes']
}

/** What an agent of the world starts from, whatever its role. */
export async function contextFor(
  t: Test,
  world: World,
  { name, said }: { readonly name: string; readonly said: Said[] },
): Promise<AgentContext> {
  const home = temporaryFolder(t)
  mkdirSync(join(home, 'keys'))
  const outbox = await openOutbox(join(home, 'outbox.jsonl'))
  t.teardown(() => outbox.close())
  const vault = parametersTable.get(world.state())
  return {
    home,
    outbox,
    crypto: suite,
    log: silentLogger(),
    nodes: nodesOf(world),
    sender: senderIn(world, { name, outbox, said }),
    anchor: { chainId: world.chainId, vault },
  } as unknown as AgentContext
}

export async function startActor(t: Test, world: World, part: Part): Promise<Actor> {
  const home = temporaryFolder(t)
  mkdirSync(join(home, 'keys'))
  let current = part
  let outbox: Outbox | undefined
  t.teardown(() => outbox?.close())
  const actor: Actor = {
    name: part.name,
    account: idOf(part.name),
    home,
    store: createMemoryStore(),
    said: [],
    serving: undefined as never,
    context: undefined as never,
    restart: async (changes = {}) => {
      current = { ...current, ...changes }
      await outbox?.close()
      outbox = await openOutbox(join(home, 'outbox.jsonl'))
      actor.serving = await openServing(world, actor, { part: current, outbox })
    },
  }
  await actor.restart()
  await actor.serving.begin()
  return actor
}

export async function readAll(world: World, { serving, store }: Actor): Promise<void> {
  const from = openOwnState(store).tip()?.height ?? 0
  for (let height = from + 1; height <= world.blocks.length; height++) {
    const { block, tip } = blockAt(world, height)
    await serving.read(block, tip)
  }
}

/** Lets everybody read and do what is due until nobody has anything to say. */
export async function settle(world: World, actors: readonly Actor[]): Promise<void> {
  // What is in a home is looked up first and acted upon the next time.
  for (let quiet = 0; quiet < 2; quiet++) {
    const before = world.blocks.length
    for (const actor of actors) {
      await readAll(world, actor)
      await Promise.all(actor.serving.attend(world.now()))
    }
    if (world.blocks.length > before) quiet = -1
  }
}

/** What the actors sent of this type, in order. */
export function saidBy(actor: Actor, type: string): readonly Said[] {
  return actor.said.filter((one) => one.type === type)
}
