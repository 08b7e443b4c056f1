// One handler for each effect of the engine, run strictly in list order; answers come back as later inputs.

import type { CommitCertificate } from '../../consensus/certificate.ts'
import type { Effect } from '../../consensus/effect.ts'
import type { Input } from '../../consensus/input.ts'
import type { Message } from '../../consensus/message.ts'
import type { HeightConfig } from '../../consensus/types.ts'
import { primaryOf } from '../../consensus/types.ts'
import type { Verified } from '../../consensus/verified.ts'
import { assertNever } from '../../vm/assert.ts'
import type { PublicKey, ReplicaIndex } from '../../vm/types.ts'
import type { Accusation } from '../accuser.ts'
import type { Gossip } from '../gossip.ts'
import type { Ledger } from '../ledger/types.ts'
import type { Logger } from '../logger.ts'
import type { Host } from '../p2p/types.ts'
import type { Blocks } from './blocks.ts'
import { encodeDecidedFrame, encodeMessageFrame } from './frames.ts'
import type { PromiseEffect } from './promise.ts'
import type { Timers } from './timers.ts'
import { voteOf } from './witness.ts'

type WithoutTime<I> = I extends Input ? Omit<I, 'nowMs'> : never
/** An input before the loop adds the time. */
export type Happening = WithoutTime<Input>

export type EffectPorts = {
  readonly config: HeightConfig
  readonly ledger: Ledger
  readonly host: Host
  readonly blocks: Blocks
  readonly gossip: Gossip
  readonly timers: Timers
  readonly log: Logger
  /** Network keys in the order of the set of this height. */
  readonly peerKeys: readonly PublicKey[]
  /** Feeds an input to this height, unless it is over by then. */
  readonly feed: (happening: Happening) => void
  readonly keepPromises: (promises: readonly PromiseEffect[]) => Promise<readonly Verified[]>
  readonly onDecided: (certificate: CommitCertificate, sources: readonly PublicKey[]) => void
  readonly onEvidence: (accusation: Accusation) => void
  /** An operating error or a bug in something that was begun: the process must stop. */
  readonly onFailure: (error: unknown) => void
}

function keysOf(ports: EffectPorts, indices: readonly ReplicaIndex[]): readonly PublicKey[] {
  return indices.flatMap((index) => {
    const peerKey = ports.peerKeys[index]
    return peerKey === undefined || index === ports.config.self ? [] : [peerKey]
  })
}

function begin(ports: EffectPorts, work: Promise<Happening | undefined>): void {
  work.then((happening) => happening && ports.feed(happening)).catch(ports.onFailure)
}

async function propose(
  ports: EffectPorts,
  effect: Extract<Effect, { kind: 'propose' }>,
): Promise<Happening | undefined> {
  const { config, ledger, blocks } = ports
  const proposer = config.validators[config.self ?? -1]?.account
  if (proposer === undefined) return undefined
  const { view, share, leaveOut, mayBeEmpty } = effect
  const block = await blocks.propose({ proposer, share, leaveOut, mayBeEmpty })
  ports.log.debug(
    { height: config.height, view, parent: ledger.head().id, block: block?.blockId },
    'proposed',
  )
  return block && { kind: 'proposal', view, block }
}

async function execute(
  ports: EffectPorts,
  effect: Extract<Effect, { kind: 'execute' }>,
): Promise<Happening> {
  const { config, blocks } = ports
  const { view, block, fresh, keep, sources } = effect
  blocks.keepOverlays([block.blockId, keep])
  const judgement = await blocks.judge({
    block,
    view,
    freshFrom: fresh ? config.validators[primaryOf(config, view)]?.account : undefined,
    sources: keysOf(ports, sources),
  })
  return { kind: 'executed', view, blockId: block.blockId, judgement }
}

async function fetchBlock(
  ports: EffectPorts,
  { blockId, sources }: Extract<Effect, { kind: 'fetch' }>,
): Promise<Happening | undefined> {
  const block = await ports.blocks.fetch(blockId, keysOf(ports, sources))
  return block && { kind: 'fetched', block }
}

/** What a peer needs that still works on a decided height (rule 7); block 0 is everybody's, and nobody certified it. */
function sendDecided(ports: EffectPorts, to: ReplicaIndex, height: number): void {
  if (height === 0) return
  const header = ports.ledger.header(height)?.headerBytes
  const certificate = ports.ledger.certificate(height)
  const [peerKey] = keysOf(ports, [to])
  if (header === undefined || certificate === undefined || peerKey === undefined) return
  ports.host.send(peerKey, encodeDecidedFrame({ header, certificate }))
}

function setTimer(ports: EffectPorts, effect: Extract<Effect, { kind: 'set-timer' }>): void {
  const { timer, afterMs } = effect
  const happening: Happening =
    effect.timer === 'view'
      ? { kind: 'timeout', timer: 'view', view: effect.view }
      : { kind: 'timeout', timer: 'resend' }
  ports.timers.set(timer, { afterMs, fire: () => ports.feed(happening) })
}

function accuse(ports: EffectPorts, effect: Extract<Effect, { kind: 'evidence' }>): void {
  const { fault, first, second } = effect
  const consensusKey = ports.config.validators[first.signer]?.publicKey
  if (consensusKey === undefined) return
  const signed = (message: Message) => ({ vote: voteOf(message), signature: message.signature })
  ports.onEvidence({ fault, consensusKey, first: signed(first), second: signed(second) })
}

/** Everything but promises, which the loop awaits. */
function runEffect(ports: EffectPorts, effect: Exclude<Effect, PromiseEffect>): void {
  switch (effect.kind) {
    case 'broadcast':
      for (const message of effect.messages) ports.host.broadcast(encodeMessageFrame(message))
      return
    case 'send':
      for (const peerKey of keysOf(ports, [effect.to])) {
        for (const message of effect.messages) ports.host.send(peerKey, encodeMessageFrame(message))
      }
      return
    case 'propose':
      begin(ports, propose(ports, effect))
      return
    case 'execute':
      begin(ports, execute(ports, effect))
      return
    case 'fetch':
      begin(ports, fetchBlock(ports, effect))
      return
    case 'share-transactions':
      ports.gossip.share()
      return
    case 'set-timer':
      setTimer(ports, effect)
      return
    case 'clear-timer':
      ports.timers.clear(effect.timer)
      return
    case 'decided':
      ports.onDecided(effect.certificate, keysOf(ports, effect.sources))
      return
    case 'send-decided':
      sendDecided(ports, effect.to, effect.height)
      return
    case 'evidence':
      accuse(ports, effect)
      return
    default:
      assertNever(effect)
  }
}

/** Runs effects in order; promises that stand together share one fsync of the journal. Answers what was signed. */
export async function runEffects(
  ports: EffectPorts,
  effects: readonly Effect[],
): Promise<readonly Verified[]> {
  const signed: Verified[] = []
  for (let index = 0; index < effects.length; ) {
    const promises: PromiseEffect[] = []
    for (let next = effects[index]; next?.kind === 'promise'; next = effects[index]) {
      promises.push(next)
      index += 1
    }
    if (promises.length > 0) signed.push(...(await ports.keepPromises(promises)))
    const effect = effects[index]
    if (effect !== undefined && effect.kind !== 'promise') {
      runEffect(ports, effect)
      index += 1
    }
  }
  return signed
}
