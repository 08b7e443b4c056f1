// Hands out transactions that nobody may make: strangers', spoiled, without money behind them, or far too many.
import { saltOf, signTransfer } from '../chain.ts'
import type { Actor, ActorPorts } from './actor.ts'

const VALID_MS = 60_000

type Wish = { readonly amount: bigint; readonly asStranger: boolean }

/** A transfer of a person whose key the adversary has stolen, or has made up. */
function transfer(ports: ActorPorts, { amount, asStranger }: Wish): Uint8Array {
  const { chain, random, signerOf, nowMs } = ports
  const person = random.pick(chain.people)
  const keys = chain.seats[ports.index]?.keys.consensus ?? person
  const from = asStranger ? { ...person, publicKey: keys.publicKey, seed: keys.seed } : person
  const to = random.pick(chain.people)
  const salt = saltOf(random.below(2 ** 32))
  return signTransfer(signerOf, {
    ...{ chainId: chain.genesis.chainId, from, to, amount, salt },
    validUntil: nowMs() + VALID_MS,
  }).bytes
}

function sending(
  name: string,
  behaviours: readonly number[],
  make: (ports: ActorPorts) => readonly Uint8Array[],
): Actor {
  return {
    name,
    behaviours,
    expectation: 'ignored',
    create: (ports) => ({
      act: () => {
        ports.note()
        ports.post(ports.random.pick(ports.others), {
          kind: 'transactions',
          envelopes: make(ports),
        })
      },
    }),
  }
}

export const strangersMoney = sending('transactions of strangers', [11, 26], (ports) => [
  transfer(ports, { amount: 1n, asStranger: true }),
])

/** Refused in their receipts; the money stays where it is. */
export const overdrawn = sending('overdrawn transfers', [30], (ports) => [
  transfer(ports, { amount: 2n ** 60n, asStranger: false }),
])

const SPAM = 4

export const spammer = sending('transaction spam', [26], (ports) =>
  Array.from({ length: SPAM }, () => transfer(ports, { amount: 1n, asStranger: false })),
)

/** Bytes that were signed, and then changed. */
export const tamperer: Actor = {
  name: 'tampered transactions',
  behaviours: [12, 30],
  expectation: 'dropped',
  create: (ports) => ({
    act: () => {
      ports.note()
      const bytes = Uint8Array.from(transfer(ports, { amount: 1n, asStranger: false }))
      const at = bytes.length - 1 - ports.random.below(60)
      bytes[at] = (bytes[at] ?? 0) ^ 1
      ports.post(ports.random.pick(ports.others), { kind: 'transactions', envelopes: [bytes] })
    },
  }),
}

/** Proposes its own transactions, and gives their bodies to nobody: neither on its own account nor when asked. */
export const withholder: Actor = {
  name: 'withheld payload',
  behaviours: [17],
  expectation: 'ignored',
  create: (ports) => ({
    act: () => {
      const envelope = transfer(ports, { amount: 1n, asStranger: false })
      void ports.node()?.core.submission.submit(envelope)
    },
    meddle: (letter) => {
      if (letter.kind !== 'transactions') return [letter]
      ports.note()
      return []
    },
    answer: ({ kind }, honest) => {
      if (kind !== 'bodies') return honest
      ports.note()
      return undefined
    },
  }),
}
