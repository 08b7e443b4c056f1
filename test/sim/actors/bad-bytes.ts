// Sends bytes that are no messages, too many of them, or messages with a bit that has flipped.
import type { Actor, ActorPorts } from './actor.ts'

const FLOOD = 40

function noise({ random }: ActorPorts, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => random.below(256))
}

export const babbler: Actor = {
  name: 'nonsense',
  behaviours: [13, 14],
  expectation: 'dropped',
  create: (ports) => ({
    act: () => {
      ports.note()
      const to = ports.random.pick(ports.others)
      const bytes = noise(ports, ports.random.between(0, 300))
      if (ports.random.chance(0.5)) ports.post(to, { kind: 'frame', bytes })
      else ports.post(to, { kind: 'transactions', envelopes: [bytes] })
    },
  }),
}

export const flipper: Actor = {
  name: 'flipped bits',
  behaviours: [13, 14],
  expectation: 'dropped',
  create: ({ note, random }) => ({
    meddle: (letter) => {
      if (letter.kind !== 'frame' || random.chance(0.5)) return [letter]
      note()
      const bytes = Uint8Array.from(letter.bytes)
      const at = random.below(bytes.length)
      bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8))
      return [{ kind: 'frame', bytes }]
    },
  }),
}

export const flooder: Actor = {
  name: 'flood',
  behaviours: [16],
  expectation: 'ignored',
  create: ({ note, random }) => ({
    meddle: (letter) => {
      if (letter.kind !== 'frame' || random.chance(0.9)) return [letter]
      note()
      return Array.from({ length: FLOOD }, () => letter)
    },
  }),
}

const HUGE = 200_000

export const oversized: Actor = {
  name: 'oversized frames',
  behaviours: [15],
  expectation: 'dropped',
  create: ({ note, random, others, post }) => ({
    act: () => {
      note()
      // An array of a hundred thousand nothings where a message should be.
      const bytes = new Uint8Array(HUGE).fill(0x80)
      bytes.set([0x9a, 0x00, 0x03, 0x0d, 0x3b])
      post(random.pick(others), { kind: 'frame', bytes })
    },
  }),
}
