// The common interface of adversaries. An actor is one behaviour that no honest validator shows, by its number in list B of the
// reliability goals, with what is expected of honest nodes; a file of this folder holds one family of them. To add one, write it
// and put it into all.ts: the seeds choose among all of them, and the test of actors runs each alone.
//
// An actor has the keys of one validator. Below it runs a whole node of that validator with honest code, whose letters it may
// change, hold back or add to, and whose answers it may replace. It hears every consensus message of the whole network.
import type { Message, Unsigned } from '../../../consensus/message.ts'
import type { KeyPair } from '../../../genesis/member.ts'
import type { Request } from '../../../node/protocol.ts'
import type { Chain } from '../chain.ts'
import type { Letter } from '../host.ts'
import type { Random } from '../random.ts'
import type { Running } from '../running.ts'
import type { SignDigest } from '../signatures.ts'
import type { Heard } from './heard.ts'

/** What honest nodes do about it. `ignored`: nothing, and they go on. */
export type Expectation = 'ignored' | 'evidence' | 'dropped'

export type ActorPorts = {
  readonly random: Random
  readonly chain: Chain
  /** Its place among the validators. */
  readonly index: number
  /** The node under its keys; undefined while it is down. */
  readonly node: () => Running | undefined
  /** Signs as its validator, whatever it says. */
  readonly sign: (message: Unsigned) => Message
  /**
   * Signs in another's name for a chain that is no more: validators keep their keys when a network begins anew, and everybody has
   * what they signed then.
   */
  readonly signElsewhere: (signer: number, message: Unsigned) => Message
  /** A signer for a key of its own choice; nobody else's is to be had. */
  readonly signerOf: (key: KeyPair) => SignDigest
  readonly heard: Heard
  /** Places of all other validators. */
  readonly others: readonly number[]
  /** Gives a letter to another validator, unchanged. */
  readonly post: (to: number, letter: Letter) => void
  readonly after: (delayMs: number, run: () => void) => void
  readonly nowMs: () => number
  /** Counts a misdeed. */
  readonly note: () => void
}

export type Deeds = {
  /** What leaves in place of a letter of the node's. */
  readonly meddle?: (letter: Letter, to: number) => readonly Letter[]
  /** What is answered in place of what the node answers; a promise that never ends says nothing. */
  readonly answer?: (
    request: Request,
    honest: Uint8Array | undefined,
  ) => Uint8Array | undefined | Promise<undefined>
  /** Called now and then. */
  readonly act?: () => void
  /** A vote of somebody leaves somewhere; called once for each, before it arrives anywhere. */
  readonly hear?: (message: Message) => void
}

export type Actor = {
  readonly name: string
  readonly behaviours: readonly number[]
  readonly expectation: Expectation
  /** Only shows while others catch up. */
  readonly atSync?: true
  /** Only shows while others fetch a state. */
  readonly atState?: true
  readonly create: (ports: ActorPorts) => Deeds
}
