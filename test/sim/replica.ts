// One simulated node: the engine, and the loop that runs its effects in order and awaits each promise.
import { verifyCommitCertificate } from '../../consensus/certificate.ts'
import type { Effect } from '../../consensus/effect.ts'
import type { Input } from '../../consensus/input.ts'
import { decodeMessage, encodeMessage, type Message } from '../../consensus/message.ts'
import { pbft } from '../../consensus/pbft/step.ts'
import { restore } from '../../consensus/restore.ts'
import type { State } from '../../consensus/state.ts'
import { sealMessage, verifyMessage } from '../../consensus/verify.ts'
import { voteDigest } from '../../consensus/vote.ts'
import { assertNever } from '../../vm/assert.ts'
import type { ReplicaIndex } from '../../vm/types.ts'
import { belongsTogether, genesisId } from './application.ts'
import { Violation } from './checkers.ts'
import { type Decided, type Disk, lock } from './disk.ts'
import { createHost } from './host.ts'
import { chainId, configOf, memberOf, signAs, verifySimulated as verifySignature } from './keys.ts'
import type { Frame, Process, Untimed, World } from './world.ts'

export type ReplicaOptions = {
  readonly world: World
  readonly index: ReplicaIndex
  readonly process: number
  readonly disk: Disk
  readonly n: number
  readonly invalidShare: number
}

type Promised = Extract<Effect, { kind: 'promise' }>

/** Of a block that was decided unseen; its successor needs the id only. */
const unseen = { header: new Uint8Array(1), transactions: [] }

export function createReplica(options: ReplicaOptions): Process {
  const { world, index, disk, n } = options
  const { random, clock, checkers } = world
  const key = memberOf(index).publicKey
  const turns = { view: 0, resend: 0 }
  let inputs: Untimed[] = []
  let effects: Effect[] = []
  let isWaiting = false
  let isStopped = false
  let isAsking = false

  const height = () => disk.chain.length + 1
  let { state } = pbft.start({
    ...{ config: configOf(n, height(), index), nowMs: clock.nowMs() },
    ...{ resume: null, previous: null },
  })
  const after = (delayMs: number, run: () => void): void => {
    const born = height()
    clock.after(delayMs, () => {
      if (!isStopped && born === height()) run()
    })
  }
  const send = (to: ReplicaIndex, frame: Frame) => world.send(options.process, to, frame)
  const sendAll = (frame: Frame): void => {
    for (let to = 0; to < n; to++) if (to !== index) send(to, frame)
  }
  const frameOf = (message: Message): Frame => ({ kind: 'message', bytes: encodeMessage(message) })

  const pump = (): void => {
    while (!isWaiting && !isStopped) {
      const effect = effects.shift()
      if (effect !== undefined) run(effect)
      else {
        const input = inputs.shift()
        if (input === undefined) return
        world.note(`${options.process} ${input.kind}`)
        const step = pbft.step(state, { ...input, nowMs: clock.nowMs() } as Input)
        state = step.state
        effects = [...step.effects]
        checkers.onState(state)
      }
    }
  }
  const feed = (input: Untimed): void => {
    inputs.push(input)
    pump()
  }
  const host = createHost({
    ...{ world, feed, after, send, invalidShare: options.invalidShare },
    config: () => state.config,
    parent: () => disk.chain.at(-1)?.block.blockId ?? genesisId,
  })

  /** Sign, journal, lock, send, feed back; a crash in between finds each state of the disk. */
  const fulfil = ({ message, certificate, block }: Promised): void => {
    isWaiting = true
    const { config } = state
    const signature = signAs(key, voteDigest(chainId, message))
    const sealed = sealMessage({ config, verifySignature }, message, signature)
    const entry = { message: sealed, certificate, block }
    world.onCrash(options.process, () => {
      if (random.chance(0.5)) disk.journal.push(entry)
    })
    after(random.between(0, world.options.fsyncMs), () => {
      world.onCrash(options.process, null)
      disk.journal.push(entry)
      after(random.between(0, world.options.fsyncMs), () => {
        lock(disk, message, certificate)
        checkers.onVote(index, message)
        sendAll(frameOf(sealed))
        isWaiting = false
        feed({ kind: 'signed', message: sealed })
      })
    })
  }

  const setTimer = (effect: Extract<Effect, { kind: 'set-timer' }>): void => {
    turns[effect.timer] += 1
    const turn = turns[effect.timer]
    after(effect.afterMs, () => {
      if (turns[effect.timer] === turn) feed({ ...effect, kind: 'timeout' } as Untimed)
    })
  }

  const conclude = ({ certificate, block }: Decided): void => {
    checkers.onDecided(index, certificate)
    disk.chain.push({ certificate, block })
    disk.journal = []
    begin(state)
  }

  /** One case for each effect, as the node has it. */
  const run = (effect: Effect): void => {
    switch (effect.kind) {
      case 'promise':
        fulfil(effect)
        return
      case 'broadcast':
        for (const message of effect.messages) sendAll(frameOf(message))
        return
      case 'send':
        for (const message of effect.messages) send(effect.to, frameOf(message))
        return
      case 'propose':
        host.propose(effect)
        return
      case 'execute':
        host.execute(effect)
        return
      case 'fetch':
        host.fetch(effect)
        return
      case 'set-timer':
        setTimer(effect)
        return
      case 'clear-timer':
        turns[effect.timer] += 1
        return
      case 'decided': {
        const { certificate } = effect
        const { blockId } = certificate
        conclude({ certificate, block: host.held(blockId) ?? { blockId, ...unseen } })
        return
      }
      case 'send-decided':
        serve(effect.to, effect.height)
        return
      case 'evidence':
        checkers.onEvidence(effect)
        return
      case 'share-transactions':
        return
      default:
        assertNever(effect)
    }
  }

  const serve = (to: ReplicaIndex, at: number): void => {
    const stored = disk.chain[at - 1]
    if (stored !== undefined) send(to, { kind: 'decided', ...stored })
  }

  /** A peer is at a higher height: what it decided is asked for if this replica does not decide it soon. */
  const askLater = (from: ReplicaIndex): void => {
    if (isAsking) return
    isAsking = true
    after(1_000, () => {
      isAsking = false
      send(from, { kind: 'status', height: height() })
    })
  }

  const receiveMessage = (from: ReplicaIndex, bytes: Uint8Array): void => {
    const message = decodeMessage(bytes)
    const triage = pbft.triage(state, message)
    if (triage === 'answer') feed({ kind: 'stale', from, height: message.height })
    if (triage === 'later') askLater(from)
    if (triage !== 'take') return
    const context = { config: state.config, verifySignature, belongsTogether }
    const verification = verifyMessage(context, message)
    if (verification.ok) feed({ kind: 'message', from, message: verification.message })
  }

  /** Sync: a certified block of the running height, from whoever sends it. */
  const takeDecided = (decided: Decided): void => {
    const { certificate, block } = decided
    if (certificate.height !== height() || isWaiting) return
    const about = { height: height(), blockId: block.blockId }
    const check = { set: state.config, value: certificate, about, verifySignature }
    if (verifyCommitCertificate(check) !== undefined) return
    inputs = []
    feed({ kind: 'synced' })
    conclude(decided)
    pump()
  }

  const receive = (from: ReplicaIndex, frame: Frame): void => {
    if (isStopped) return
    switch (frame.kind) {
      case 'message':
        receiveMessage(from, frame.bytes)
        return
      case 'decided':
        takeDecided(frame)
        return
      case 'status':
        serve(from, frame.height)
        return
      case 'get': {
        const block = host.held(frame.blockId)
        if (block !== undefined) send(from, { kind: 'block', block })
        return
      }
      case 'block':
        host.add(frame.block)
        return
      default:
        assertNever(frame)
    }
  }

  const begin = (previous: State | null): void => {
    host.clear()
    inputs = []
    isAsking = false
    const config = configOf(n, height(), index)
    const entries = disk.journal
    const sign = (digest: Uint8Array) => signAs(key, digest)
    const restored = restore({ config, verifySignature, sign, entries, lock: disk.lock })
    if (!restored.ok) throw new Violation(`replica ${index} has a lock ahead of its chain`)
    const last = entries.at(-1)
    if (last !== undefined) {
      lock(disk, last.message, last.certificate)
      checkers.onVote(index, last.message)
    }
    const { resume } = restored
    const step = pbft.start({ config, nowMs: clock.nowMs(), resume, previous })
    state = step.state
    effects = [...step.effects]
    for (const { block } of entries) if (block !== null) host.add(block)
    planHeight()
  }

  /** A block is due somewhere soon, and everywhere with the heartbeat. */
  const planHeight = (): void => {
    if (random.chance(0.7)) after(random.between(1, 300), () => feed({ kind: 'due' }))
    after(random.between(2_000, 2_500), () => feed({ kind: 'due' }))
    const announce = (): void => {
      sendAll({ kind: 'status', height: height() })
      after(1_000, announce)
    }
    if (world.options.announces) after(random.between(500, 1_500), announce)
  }

  isWaiting = true
  begin(null)
  clock.after(0, () => {
    isWaiting = false
    pump()
  })
  const stop = () => {
    isStopped = true
  }
  return { index, height, receive, feed, stop }
}
