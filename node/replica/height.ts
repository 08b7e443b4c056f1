// The height at work: its engine state, one input after the other, the effects of each in order.
import type { VerifySignature } from '../../consensus/certificate.ts'
import { engineOf } from '../../consensus/engines.ts'
import type { State } from '../../consensus/state.ts'
import type { HeightConfig } from '../../consensus/types.ts'
import type { Verified } from '../../consensus/verified.ts'
import type { Height, PublicKey, View } from '../../vm/types.ts'
import type { Bodies } from '../bodies.ts'
import type { Clock } from '../clock.ts'
import type { Ledger } from '../ledger/types.ts'
import type { Logger } from '../logger.ts'
import type { Host } from '../p2p/types.ts'
import type { Voting } from '../voting.ts'
import type { Blocks } from './blocks.ts'
import { nextMembers } from './certified.ts'
import { type EffectPorts, type Happening, runEffects } from './effects.ts'
import { type EarlyMessages, encodeMessageFrame, type FrameContext } from './frames.ts'
import { keepPromises, type PromiseEffect, type PromisePorts } from './promise.ts'
import { belongsTogether } from './proposed.ts'
import { type Resumption, resumeHeight } from './resume.ts'

export type HeightPorts = {
  readonly ledger: Ledger
  readonly host: Host
  readonly bodies: Bodies
  readonly blocks: Blocks
  readonly early: EarlyMessages
  readonly voting: Pick<Voting, 'publicKey' | 'voter' | 'recovered'>
  readonly verifySignature: VerifySignature
  readonly clock: Clock
  readonly log: Logger
  readonly onView: (view: View) => void
  readonly onSynced: PromisePorts['onSynced']
  /** An own message left, so long after the height began here. */
  readonly onStep: (step: string, seconds: number) => void
  /** What the effects of a height need besides what is here. */
  readonly effects: Pick<
    EffectPorts,
    'gossip' | 'timers' | 'onDecided' | 'onEvidence' | 'onFailure'
  > & { readonly feed: (height: Height, happening: Happening) => void }
}

const nothingToResume: Resumption = { kind: 'vote', resume: null }

export class HeightAtWork {
  readonly #ports: HeightPorts
  #state: State | undefined
  #effects: EffectPorts | undefined
  /** Whether what the journal held has been taken over. */
  #resumed = false
  #begunMs = 0

  constructor(ports: HeightPorts) {
    this.#ports = ports
  }

  get height(): Height | undefined {
    return this.#state?.config.height
  }

  get view(): View {
    return this.#state?.view ?? 0
  }

  indexOf(peerKey: PublicKey): number {
    return this.#effects?.peerKeys.indexOf(peerKey) ?? -1
  }

  /** Starts the height after the head, with what a restarted validator had promised for it. */
  async begin(): Promise<void> {
    this.#begunMs = this.#ports.clock.monotonicMs()
    const config = this.#config()
    const resumption = await this.#resumption(config)
    const own = resumption.kind === 'follow' ? { ...config, self: null } : config
    this.#effects = this.#effectPorts(own)
    const resume = resumption.kind === 'vote' ? resumption.resume : null
    const previous = this.#state ?? null
    const step = engineOf(config.engine).start({
      config: own,
      nowMs: this.#ports.clock.nowMs(),
      resume,
      previous,
    })
    this.#state = step.state
    await this.#feedBack(await runEffects(this.#effects, step.effects))
  }

  /** One input, its effects, and the own messages that they made. */
  async advance(happening: Happening): Promise<void> {
    if (this.#state === undefined || this.#effects === undefined) return
    const before = this.#state.view
    const step = engineOf(this.#state.config.engine).step(this.#state, {
      ...happening,
      nowMs: this.#ports.clock.nowMs(),
    })
    this.#state = step.state
    if (step.state.view !== before) this.#ports.onView(step.state.view)
    await this.#feedBack(await runEffects(this.#effects, step.effects))
  }

  /** How a message of this peer is judged now; undefined if the peer is no validator of this height. */
  frameContext(peerKey: PublicKey): FrameContext<State> | undefined {
    const from = this.indexOf(peerKey)
    if (this.#state === undefined || from < 0) return undefined
    const { early, verifySignature } = this.#ports
    const verify = { config: this.#state.config, verifySignature, belongsTogether }
    const engine = engineOf(this.#state.config.engine)
    return { engine, state: this.#state, verify, early, peerKey, from }
  }

  async #feedBack(signed: readonly Verified[]): Promise<void> {
    for (const message of signed) await this.advance({ kind: 'signed', message })
  }

  #config(): HeightConfig {
    const { ledger, voting } = this.#ports
    const { identity } = ledger.rules.list
    const { baseTimeoutMs, timeoutStepMs, timeoutCapMs } = ledger.rules.parameters
    const height = ledger.head().header.height + 1
    const validators = nextMembers(ledger)
    const self = validators.findIndex((member) => member.publicKey === voting.publicKey)
    return {
      chainId: ledger.rules.chainId,
      engine: ledger.rules.engine,
      height,
      validators,
      firstPrimary: identity.firstPrimary(ledger.state(), height),
      timers: { baseTimeoutMs, timeoutStepMs, timeoutCapMs },
      self: self < 0 || voting.voter() === undefined ? null : self,
    }
  }

  async #resumption(config: HeightConfig): Promise<Resumption> {
    const { voting } = this.#ports
    const voter = voting.voter()
    // At a height without a seat nothing is resumed; what was promised belongs to a later one.
    if (this.#resumed || voter === undefined || config.self === null) return nothingToResume
    const { recovered } = voting
    const resumption = await resumeHeight({ ...this.#ports, config, voter, recovered })
    this.#resumed = resumption.kind === 'vote'
    return resumption
  }

  #effectPorts(config: HeightConfig): EffectPorts {
    const { ledger, effects, host, blocks, log } = this.#ports
    return {
      ...effects,
      config,
      ledger,
      host,
      blocks,
      log,
      peerKeys: ledger.rules.list.identity.validators(ledger.state()).map(({ peerKey }) => peerKey),
      feed: (happening) => effects.feed(config.height, happening),
      keepPromises: (promises) => this.#keep(config, promises),
    }
  }

  async #keep(
    config: HeightConfig,
    promises: readonly PromiseEffect[],
  ): Promise<readonly Verified[]> {
    const { verifySignature, bodies, host, clock, onSynced, onStep } = this.#ports
    const voter = this.#ports.voting.voter()
    if (voter === undefined) return []
    const context = { config, verifySignature }
    const broadcast = (message: Verified) => {
      host.broadcast(encodeMessageFrame(message))
      onStep(message.kind, (clock.monotonicMs() - this.#begunMs) / 1_000)
    }
    const { serve } = bodies
    return keepPromises({ voter, clock, context, serve, broadcast, onSynced }, promises)
  }
}
