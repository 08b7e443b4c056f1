// A replica to talk with: inputs go in as in the node, effects come out as short words.
import { formCertificate, type PreparedCertificate } from '../../consensus/certificate.ts'
import type { Effect } from '../../consensus/effect.ts'
import type { Resume } from '../../consensus/engine.ts'
import { engineOf } from '../../consensus/engines.ts'
import type { Input, Judgement } from '../../consensus/input.ts'
import type { JournalEntry } from '../../consensus/journal-entry.ts'
import type { Justification, Message, ViewChange } from '../../consensus/message.ts'
import type { State } from '../../consensus/state.ts'
import { type HeightConfig, type ProposedBlock, primaryOf } from '../../consensus/types.ts'
import { sealMessage, type VerifyContext, verifyMessage } from '../../consensus/verify.ts'
import { type EngineKind, quorum } from '../../vm/quorum.ts'
import type { ReplicaIndex } from '../../vm/types.ts'
import { type Vote, voteDigest } from '../../vm/vote.ts'
import { createRandom } from './random.ts'
import { belongsTogether, buildBlock, genesisId } from './toy-block.ts'
import {
  chainId,
  configOf,
  memberOf,
  signAs,
  verifySimulated as verifySignature,
} from './validators.ts'

/** All conversations are about this height; replica 0 is the primary of its view 0 if there are four. */
export const height = 4

const names = ['A', 'B', 'C', 'D'] as const
export type Name = (typeof names)[number]

/** Four blocks; each has two transactions. */
export const blocks = Object.fromEntries(
  names.map((name, place) => {
    const draft = { height, parent: genesisId, proposer: place, honest: true, size: 2 }
    return [name, buildBlock(draft, createRandom(place + 1))]
  }),
) as Readonly<Record<Name, ProposedBlock>>

function nameOf(blockId: string): string {
  return names.find((name) => blocks[name].blockId === blockId) ?? '?'
}

type Without<I> = I extends unknown ? Omit<I, 'nowMs'> : never
/** An input before the conversation adds the time. */
export type Untimed = Without<Input>

export function configFor(
  n: number,
  self: ReplicaIndex | null,
  engine: EngineKind = 'pbft',
): HeightConfig {
  return { ...configOf({ n, engine, height, self }), firstPrimary: 0 }
}

export function contextFor(
  n: number,
  self: ReplicaIndex | null = null,
  engine: EngineKind = 'pbft',
): VerifyContext {
  return { config: configFor(n, self, engine), verifySignature, belongsTogether }
}

/** Makes any validator's signature: the tests play all of them. */
export function signed<V extends Vote & { readonly signer: ReplicaIndex }>(
  vote: V,
): V & { readonly signature: Uint8Array } {
  const key = memberOf(vote.signer).publicKey
  return { ...vote, signature: signAs(key, voteDigest(chainId, vote)) }
}

export function prepare(signer: ReplicaIndex, view: number, name: Name): Message {
  return signed({ kind: 'prepare', height, view, blockId: blocks[name].blockId, signer })
}

export function commit(signer: ReplicaIndex, view: number, name: Name): Message {
  return signed({ kind: 'commit', height, view, blockId: blocks[name].blockId, signer })
}

/** Q prepares by the first validators, or by those given. */
export function prepared(
  n: number,
  view: number,
  name: Name,
  signers = Array.from({ length: quorum(n, 'pbft') }, (_, index) => index),
): PreparedCertificate {
  const { blockId } = blocks[name]
  const votes = signers.map((signer) =>
    signed({ kind: 'prepare', height, view, blockId, signer } as const),
  )
  return formCertificate(votes, n)
}

/** What an authority reports under PoA: its own seal. */
export function sealed(
  signer: ReplicaIndex,
  n: number,
  view: number,
  name: Name,
): PreparedCertificate {
  return prepared(n, view, name, [signer])
}

export function viewChange(
  signer: ReplicaIndex,
  view: number,
  certificate: PreparedCertificate | null = null,
): ViewChange {
  const report = certificate && { view: certificate.view, blockId: certificate.blockId }
  const vote = { kind: 'view-change', height, view, prepared: report, signer } as const
  return { ...signed(vote), certificate }
}

export function justify(
  changes: readonly ViewChange[],
  certificate: PreparedCertificate | null = null,
): Justification {
  return {
    viewChanges: changes.map(({ signer, prepared, signature }) => ({
      signer,
      prepared,
      signature,
    })),
    certificate,
  }
}

type Proposing = { readonly n: number; readonly view: number; readonly name: Name }

export function prePrepare(
  { n, view, name }: Proposing,
  justification: Justification | null = null,
): Message {
  const signer = primaryOf(configFor(n, null), view)
  const vote = { kind: 'pre-prepare', height, view, ...blocks[name], signer } as const
  return { ...signed(vote), justification }
}

/** How a test reads an effect; re-sends and timers of re-sends are left out unless they carry something. */
function word(effect: Effect): string | null {
  switch (effect.kind) {
    case 'promise':
      return `sign ${sayVote(effect.message)}`
    case 'broadcast':
      return `repeat ${effect.messages.map(sayVote).join(' ')}`
    case 'send':
      return `send ${effect.to} ${effect.messages.map(sayVote).join(' ')}`
    case 'propose':
      return `propose in ${effect.view} share ${effect.share} without ${effect.leaveOut.length}`
    case 'execute':
      return `execute ${nameOf(effect.block.blockId)} ${effect.fresh ? 'fresh' : 'again'}`
    case 'fetch':
      return `fetch ${nameOf(effect.blockId)} from ${effect.sources.join(',')}`
    case 'share-transactions':
      return 'share transactions'
    case 'set-timer':
      return effect.timer === 'view' ? `timer ${effect.view} ${effect.afterMs}` : null
    case 'clear-timer':
      return null
    case 'decided':
      return `decide ${nameOf(effect.certificate.blockId)} of ${effect.certificate.view}`
    case 'send-decided':
      return `answer ${effect.to} about ${effect.height}`
    case 'evidence':
      return `${effect.fault} of ${effect.first.signer}`
  }
}

function sayVote(vote: Vote): string {
  if (vote.kind !== 'view-change') return `${vote.kind}(${vote.view},${nameOf(vote.blockId)})`
  const { prepared } = vote
  const report = prepared === null ? 'null' : `${prepared.view}/${nameOf(prepared.blockId)}`
  return `view-change(${vote.view},${report})`
}

export type Talk = {
  /** What the replica does about it, its own messages signed and fed back at once. */
  readonly say: (input: Untimed | Message) => readonly string[]
  readonly state: () => State
  /** What was journaled. */
  readonly entries: () => readonly JournalEntry[]
  readonly wait: (ms: number) => void
  readonly begun: readonly string[]
}

type Beginning = {
  readonly n?: number
  readonly self?: ReplicaIndex | null
  readonly resume?: Resume | null
  readonly engine?: EngineKind
}

export function talk({
  n = 4,
  self = 1,
  resume = null,
  engine: kind = 'pbft',
}: Beginning = {}): Talk {
  const config = configFor(n, self, kind)
  const context = contextFor(n, self, kind)
  const engine = engineOf(kind)
  const entries: JournalEntry[] = []
  let nowMs = 1_000_000
  let { state, effects } = engine.start({ config, resume, nowMs, previous: null })

  const settle = (first: readonly Effect[]): readonly string[] => {
    const words: string[] = []
    const waiting = [...first]
    for (let effect = waiting.shift(); effect !== undefined; effect = waiting.shift()) {
      const said = word(effect)
      if (said !== null) words.push(said)
      if (effect.kind !== 'promise') continue
      const { message, certificate, block } = effect
      const signature = signAs(memberOf(message.signer).publicKey, voteDigest(chainId, message))
      const sealed = sealMessage(context, message, signature)
      entries.push({ message: sealed, certificate, block })
      const step = engine.step(state, { kind: 'signed', message: sealed, nowMs })
      state = step.state
      waiting.push(...step.effects)
    }
    return words
  }
  const feed = (input: Input): readonly string[] => {
    const step = engine.step(state, freeze(input))
    state = freeze(step.state)
    return settle(step.effects)
  }
  const hear = (message: Message): readonly string[] => {
    const from = message.signer
    const triage = engine.triage(state, message)
    if (triage === 'answer') return feed({ kind: 'stale', from, height: message.height, nowMs })
    if (triage !== 'take') return [triage]
    const verification = verifyMessage(context, message)
    if (!verification.ok) return [verification.reason]
    return feed({ kind: 'message', from, message: verification.message, nowMs })
  }
  const begun = settle(effects)
  return {
    say: (input) => ('signer' in input ? hear(input) : feed({ ...input, nowMs } as Input)),
    state: () => state,
    entries: () => entries,
    wait: (ms) => {
      nowMs += ms
    },
    begun,
  }
}

/** Whoever changes a state or an input in place fails from here on; bytes cannot be frozen. */
function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  if (value instanceof Uint8Array) return value
  if (value instanceof Map) for (const each of value.values()) freeze(each)
  else for (const each of Object.values(value)) freeze(each)
  return Object.freeze(value)
}

export function executed(view: number, name: Name, judgement: Judgement = 'valid'): Untimed {
  return { kind: 'executed', view, blockId: blocks[name].blockId, judgement }
}

export function timeout(view: number): Untimed {
  return { kind: 'timeout', timer: 'view', view }
}

export const due: Untimed = { kind: 'due' }
export const resendTick: Untimed = { kind: 'timeout', timer: 'resend' }
