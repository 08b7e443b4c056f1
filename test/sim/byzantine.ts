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
import { quorum } from '../../consensus/quorum.ts'
import { type ProposedBlock, primaryOf } from '../../consensus/types.ts'
import { blockOf, highestReports } from '../../consensus/verify.ts'
import { type Vote, voteDigest } from '../../consensus/vote.ts'
import type { Digest, ReplicaIndex } from '../../vm/types.ts'
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
  height: number
  view: number
  readonly blocks: Map<Digest, ProposedBlock>
  readonly prepares: Map<string, Map<ReplicaIndex, Prepare>>
  readonly changes: Map<string, ViewChange>
}

function nothingHeard(height: number): Heard {
  return { height, view: 0, blocks: new Map(), prepares: new Map(), changes: new Map() }
}

export function createAdversary(n: number, keys: readonly ReplicaIndex[]): Adversary {
  let heard = nothingHeard(1)

  const learn = (message: Message): void => {
    if (message.height < heard.height) return
    if (message.height > heard.height) heard = nothingHeard(message.height)
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

  const sign = <M extends Vote & { readonly signer: ReplicaIndex }>(
    unsigned: M,
  ): M & { signature: Uint8Array } => ({
    ...unsigned,
    signature: signAs(memberOf(unsigned.signer).publicKey, voteDigest(chainId, unsigned)),
  })

  /** A prepared certificate below `view` that the own keys can complete, if there is one. */
  const certificateBelow = (world: World, view: number) => {
    const complete = [...heard.prepares.values()]
      .map((signers) => {
        const [first] = signers.values()
        if (first === undefined || first.view >= view) return []
        const own = keys.map((signer) => sign({ ...plain(first), signer }))
        return [
          ...new Map([
            ...signers,
            ...own.map((prepare) => [prepare.signer, prepare] as const),
          ]).values(),
        ]
      })
      .filter((prepares) => prepares.length >= quorum(n))
    return complete.length === 0 ? null : formCertificate(world.random.pick(complete), n)
  }

  const viewChange = (world: World, signer: ReplicaIndex, view: number): ViewChange => {
    const certificate = world.random.chance(0.5) ? certificateBelow(world, view) : null
    const prepared = certificate && { view: certificate.view, blockId: certificate.blockId }
    const { height } = heard
    return {
      ...sign({ kind: 'view-change' as const, height, view, prepared, signer }),
      certificate,
    }
  }

  const freshBlock = (world: World, proposer: ReplicaIndex): ProposedBlock => {
    const parent = world.checkers.decidedId(heard.height - 1) ?? genesisId
    return buildBlock(
      { height: heard.height, parent, proposer, honest: true, size: 0 },
      world.random,
    )
  }

  /** A proposal with whatever justification can be put together; often not enough, sometimes too good. */
  const prePrepare = (world: World, view: number): PrePrepare | undefined => {
    const { random } = world
    const signer = primaryOf(configOf(n, heard.height, null), view)
    if (!keys.includes(signer)) return undefined
    const changes = [...heard.changes.values()].filter((change) => change.view === view)
    const own = keys.map((key) => viewChange(world, key, view))
    const bySigner = new Map([...changes, ...own].map((change) => [change.signer, change]))
    const strips = random.chance(0.2)
    const chosen = [...bySigner.values()]
      .toSorted(() => random.fraction() - 0.5)
      .slice(0, quorum(n))
      .map((change) => (strips ? { ...change, prepared: null, certificate: null } : change))
    const [report] = highestReports(chosen.map((change) => change.prepared))
    const reported = report === undefined ? undefined : heard.blocks.get(report.blockId)
    const lies = random.chance(0.2)
    const block = lies || reported === undefined ? freshBlock(world, signer) : reported
    const certificate = chosen.find((change) => change.prepared?.view === report?.view)?.certificate
    const justification = {
      viewChanges: chosen.map(({ signer, prepared, signature }) => ({
        signer,
        prepared,
        signature,
      })),
      certificate: lies && random.chance(0.5) ? null : (certificate ?? null),
    }
    const { height } = heard
    const unsigned = { kind: 'pre-prepare', height, view, signer, ...block } as const
    return {
      ...sign({ ...unsigned, justification: null }),
      justification: view === 0 ? null : justification,
    }
  }

  const vote = (world: World, signer: ReplicaIndex, view: number): Message => {
    const { random } = world
    const blockId = random.pick([...heard.blocks.keys(), freshBlock(world, signer).blockId])
    const kind = random.chance(0.5) ? 'prepare' : 'commit'
    return sign({ kind, height: heard.height, view, blockId, signer })
  }

  return {
    overhear: (frame) => {
      if (frame.kind === 'message') learn(decodeMessage(frame.bytes))
    },
    act: (world) => {
      const { random } = world
      const signer = random.pick(keys)
      const view = random.chance(0.02) ? 2 ** 31 : random.below(heard.view + 2)
      const choice = random.below(4)
      const message =
        choice === 0 || (choice === 1 && view === 0)
          ? vote(world, signer, view)
          : choice === 1
            ? viewChange(world, signer, view)
            : prePrepare(world, view)
      if (message === undefined) return
      learn(message)
      const bytes = encodeMessage(message)
      for (let to = 0; to < n; to++) {
        if (random.chance(0.6)) world.sendAs(message.signer, to, { kind: 'message', bytes })
      }
    },
  }
}

function plain({ kind, height, view, blockId }: Prepare) {
  return { kind, height, view, blockId }
}
