// Gives the machines of Byzantine validators to actors.
import type { Message, Unsigned } from '../../../consensus/message.ts'
import { requestCodec } from '../../../node/protocol.ts'
import { assert } from '../../../vm/assert.ts'
import { decode } from '../../../vm/codec.ts'
import { digest } from '../../../vm/hash.ts'
import { voteDigest } from '../../../vm/vote.ts'
import type { Letter } from '../host.ts'
import type { Random } from '../random.ts'
import type { Machine, World } from '../world.ts'
import type { Actor, ActorPorts } from './actor.ts'
import { createHeard } from './heard.ts'

export function chooseActors(
  random: Random,
  count: number,
  from: readonly Actor[],
): readonly Actor[] {
  return Array.from({ length: count }, () => random.pick(from))
}

/** A chain that began with the same keys, and was given up. */
const formerChain = digest('sim-former-chain', new Uint8Array())

/** While things are bad; one f-th of all validators may go on for ever. */
const ACT_EVERY_MS = 80

function portsFor(world: World, machine: Machine, heard: ActorPorts['heard']): ActorPorts {
  const { chain, signatures, random, timeline, trace } = world
  const keys = chain.seats[machine.index]?.keys
  assert(keys !== undefined, 'an adversary has the keys of a validator')
  const signDigest = signatures.signerOf(keys.consensus)
  const { chainId } = chain.genesis
  return {
    ...{ random, chain, heard },
    index: machine.index,
    node: () => machine.running,
    sign: (message: Unsigned) => ({
      ...message,
      signature: signDigest(voteDigest(chainId, message)),
    }),
    signElsewhere: (signer: number, message: Unsigned) => {
      const other = chain.seats[signer]?.keys.consensus
      assert(other !== undefined, 'a validator of both chains')
      const digest = voteDigest(formerChain, message)
      return { ...message, signer, signature: signatures.signerOf(other)(digest) }
    },
    signerOf: signatures.signerOf,
    others: chain.seats.flatMap((_, place) => (place === machine.index ? [] : [place])),
    post: (to: number, letter: Letter) => machine.running?.host.post(to, letter),
    after: (delayMs, run) => void timeline.after(delayMs, run),
    nowMs: () => chain.genesis.timeMs + Math.floor(timeline.nowMs()),
    note: () => trace.fault('misdeed'),
  }
}

/** As many Byzantine machines as actors. */
export function employ(world: World, machines: readonly Machine[], actors: readonly Actor[]): void {
  if (actors.length === 0) return
  const { heard, overhear } = createHeard()
  const listeners: ((message: Message) => void)[] = []
  world.overhear = (_, frame) => {
    const message = overhear(frame)
    if (message !== undefined) for (const hear of listeners) hear(message)
  }
  const byzantine = machines.filter(({ isHonest }) => !isHonest)
  for (const [place, machine] of byzantine.entries()) {
    const actor = actors[place]
    if (actor === undefined) continue
    world.trace.fault(`actor ${actor.name}`)
    const { meddle, answer, act, hear } = actor.create(portsFor(world, machine, heard))
    if (meddle !== undefined) machine.meddle = (letter, to) => meddle(letter, to.process)
    if (answer !== undefined)
      machine.reply = async (bytes, honest) => answer(decode(requestCodec, bytes), honest)
    if (hear !== undefined) {
      // By itself: what it does is not done by the process that sent the message.
      const listen = (message: Message) =>
        world.timeline.after(0, () => machine.scope?.enter(() => hear(message)))
      listeners.push((message) => void listen(message))
    }
    if (act === undefined) continue
    const again = (): void => {
      world.timeline.after(ACT_EVERY_MS * (0.5 + world.random.fraction()), again)
      machine.scope?.enter(act)
    }
    again()
  }
}
