// An adversary that hears every message and signs whatever helps it, with the keys of its own validators only.
import { formCertificate } from '../../consensus/certificate.ts'
import {
  decodeMessage,
  encodeMessage,
  type Message,
  type PrePrepare,
  type Prepare,
  type ViewChange,
} from '../../consensus/message.ts'
import { type ProposedBlock, primaryOf } from '../../consensus/types.ts'
import { blockOf, highestReports } from '../../consensus/verify.ts'
import { quorum } from '../../vm/quorum.ts'
import type { Digest, ReplicaIndex } from '../../vm/types.ts'
import { type Vote, voteDigest } from '../../vm/vote.ts'
import { buildBlock, genesisId } from './application.ts'
import { chainId, configOf, memberOf, signAs } from './keys.ts'
import type { Frame, World } from './world.ts'

export type Adversary = {
  readonly overhear: (frame: Frame) => void
  /** Does one thing that no correct replica would do. */
  readonly act: (world: World) => void
}

/** What was overheard of the newest height. */
type Heard = {
  readonly height: number
  /** The highest that was heard of, far-away lies left out. */
  view: number
  readonly blocks: Map<Digest, ProposedBlock>
  readonly prepares: Map<string, Map<ReplicaIndex, Prepare>>
  readonly changes: Map<string, ViewChange>
}

function nothingHeard(height: number): Heard {
  return { height, view: 0, blocks: new Map(), prepares: new Map(), changes: new Map() }
}

/** The adversary of one run. */
type Mind = {
  readonly n: number
  readonly keys: readonly ReplicaIndex[]
  readonly world: World
  readonly heard: Heard
}

export function createAdversary(n: number, keys: readonly ReplicaIndex[]): Adversary {
  let heard = nothingHeard(1)
  const learn = (message: Message): void => {
    if (message.height > heard.height) heard = nothingHeard(message.height)
    if (message.height === heard.height) remember(heard, message)
  }
  return {
    overhear: (frame) => {
      if (frame.kind === 'message') learn(decodeMessage(frame.bytes))
    },
    act: (world) => {
      const message = invent({ n, keys, world, heard })
      if (message === undefined) return
      learn(message)
      const bytes = encodeMessage(message)
      for (let to = 0; to < n; to++) {
        if (world.random.chance(0.6)) world.sendAs(message.signer, to, { kind: 'message', bytes })
      }
    },
  }
}

function remember(heard: Heard, message: Message): void {
  if (message.view < 64) heard.view = Math.max(heard.view, message.view)
  if (message.kind === 'pre-prepare') heard.blocks.set(message.blockId, blockOf(message))
  if (message.kind === 'view-change') {
    heard.changes.set(`${message.view}/${message.signer}/${heard.changes.size % 8}`, message)
  }
  if (message.kind !== 'prepare') return
  const key = `${message.view}/${message.blockId}`
  const signers = heard.prepares.get(key) ?? new Map<ReplicaIndex, Prepare>()
  heard.prepares.set(key, signers.set(message.signer, message))
}

function invent(mind: Mind): Message | undefined {
  const { random } = mind.world
  const signer = random.pick(mind.keys)
  const view = random.chance(0.02) ? 2 ** 31 : random.below(mind.heard.view + 2)
  const choice = random.below(4)
  if (choice === 0 || (choice === 1 && view === 0)) return vote(mind, signer, view)
  return choice === 1 ? viewChange(mind, signer, view) : prePrepare(mind, view)
}

function vote(mind: Mind, signer: ReplicaIndex, view: number): Message {
  const { random } = mind.world
  const { blocks, height } = mind.heard
  const blockId = random.pick([...blocks.keys(), freshBlock(mind, signer).blockId])
  return sign({ kind: random.chance(0.5) ? 'prepare' : 'commit', height, view, blockId, signer })
}

function viewChange(mind: Mind, signer: ReplicaIndex, view: number): ViewChange {
  const certificate = mind.world.random.chance(0.5) ? certificateBelow(mind, view) : null
  const prepared = certificate && { view: certificate.view, blockId: certificate.blockId }
  const { height } = mind.heard
  return { ...sign({ kind: 'view-change' as const, height, view, prepared, signer }), certificate }
}

/** A prepared certificate below `view` that the own keys can complete, if there is one. */
function certificateBelow({ n, keys, world, heard }: Mind, view: number) {
  const complete = [...heard.prepares.values()]
    .map((signers) => {
      const [first] = signers.values()
      if (first === undefined || first.view >= view) return []
      const { kind, height, blockId } = first
      const own = keys.map((signer) => sign({ kind, height, view: first.view, blockId, signer }))
      const all = [...signers.values(), ...own]
      return [...new Map(all.map((prepare) => [prepare.signer, prepare])).values()]
    })
    .filter((prepares) => prepares.length >= quorum(n, 'pbft'))
  return complete.length === 0 ? null : formCertificate(world.random.pick(complete), n)
}

function freshBlock({ world, heard }: Mind, proposer: ReplicaIndex): ProposedBlock {
  const { height } = heard
  const parent = world.checkers.decidedId(height - 1) ?? genesisId
  return buildBlock({ height, parent, proposer, honest: true, size: 0 }, world.random)
}

/** A proposal with whatever justification can be put together; often not enough, sometimes too good. */
function prePrepare(mind: Mind, view: number): PrePrepare | undefined {
  const { height, blocks } = mind.heard
  const { random } = mind.world
  const signer = primaryOf(configOf(mind.n, height, null), view)
  if (!mind.keys.includes(signer)) return undefined
  const changes = chooseChanges(mind, view)
  const [report] = highestReports(changes.map((change) => change.prepared))
  const reported = report === undefined ? undefined : blocks.get(report.blockId)
  const lies = random.chance(0.2)
  const block = lies || reported === undefined ? freshBlock(mind, signer) : reported
  const proof = changes.find((change) => change.prepared?.view === report?.view)?.certificate
  const justification = {
    viewChanges: changes.map(({ signer, prepared, signature }) => ({
      signer,
      prepared,
      signature,
    })),
    certificate: lies && random.chance(0.5) ? null : (proof ?? null),
  }
  const unsigned = { kind: 'pre-prepare', height, view, signer, ...block } as const
  return { ...sign(unsigned), justification: view === 0 ? null : justification }
}

/** Q view-changes of others and of its own making, in some runs with their reports torn off. */
function chooseChanges(mind: Mind, view: number): readonly ViewChange[] {
  const { random } = mind.world
  const heard = [...mind.heard.changes.values()].filter((change) => change.view === view)
  const own = mind.keys.map((key) => viewChange(mind, key, view))
  const bySigner = new Map([...heard, ...own].map((change) => [change.signer, change]))
  const chosen = random.shuffle([...bySigner.values()]).slice(0, quorum(mind.n, 'pbft'))
  if (!random.chance(0.2)) return chosen
  return chosen.map((change) => ({ ...change, prepared: null, certificate: null }))
}

function sign<V extends Vote & { readonly signer: ReplicaIndex }>(
  vote: V,
): V & { readonly signature: Uint8Array } {
  const signature = signAs(memberOf(vote.signer).publicKey, voteDigest(chainId, vote))
  return { ...vote, signature }
}
