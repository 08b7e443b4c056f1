// Hosts on loopback for the tests of the network: real sockets, real keys, a member list that can change.
import { generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto'
import { EventEmitter, once } from 'node:events'
import type { Test } from 'tap'
import { silentLogger } from '../../../node/logger.ts'
import { createHost } from '../../../node/p2p/host.ts'
import type { HostLimits } from '../../../node/p2p/limits.ts'
import type { Host, HostConfig, Member } from '../../../node/p2p/types.ts'
import { fromHex } from '../../../vm/bytes.ts'
import type { PublicKey } from '../../../vm/types.ts'

export const chainId = `0x${'c1'.repeat(32)}` as const

/** Quick enough that a test need not wait for the usual intervals. */
const quick: Partial<HostLimits> = {
  redialMinMs: 50,
  redialMaxMs: 200,
  // Long, so that a slow machine does not let both sides dial, which costs a session.
  dialGraceMs: 1_000,
  penaltyMs: 300,
  membersMs: 50,
}

const consensusKeys = new Map<PublicKey, { publicKey: KeyObject; privateKey: KeyObject }>()

/** Gives a peer key a consensus key that every host accepts, and answers how to sign with it. */
export function enroll(peerKey: PublicKey): (challenge: Uint8Array) => Uint8Array {
  const keys = generateKeyPairSync('ed25519')
  consensusKeys.set(peerKey, keys)
  return (challenge) => sign(null, challenge, keys.privateKey)
}

export type Party = {
  readonly host: Host
  /** Emits 'connected', 'disconnected', 'frame', 'transactions' with what the host's handlers got. */
  readonly events: EventEmitter
}

export type PartyOptions = Partial<Pick<HostConfig, 'chainId' | 'members' | 'limits'>> & {
  readonly listen?: string
  /** Signs the handshake with a key of its own making. */
  readonly impostor?: boolean
}

/** A network whose member list is what `members` holds now. */
export class Network {
  readonly members: Member[] = []
  readonly #t: Test

  constructor(t: Test) {
    this.#t = t
  }

  /** A host that is not started; its peer key is made from `index`. */
  async create(index: number, options: PartyOptions = {}): Promise<Party> {
    const keys = generateKeyPairSync('ed25519')
    const host = await createHost({
      peerSeed: new Uint8Array(32).fill(index),
      chainId: options.chainId ?? chainId,
      listen: [options.listen ?? '/ip4/127.0.0.1/tcp/0'],
      members: options.members ?? (() => this.members),
      handshake: {
        sign: (challenge) => sign(null, challenge, keys.privateKey),
        verify: ({ peerKey, challenge, proof }) => {
          const known = consensusKeys.get(peerKey)
          return known !== undefined && verify(null, challenge, known.publicKey, proof)
        },
      },
      limits: { ...quick, ...options.limits },
      log: silentLogger(),
    })
    if (options.impostor !== true) consensusKeys.set(host.peerKey, keys)
    const events = new EventEmitter()
    host.onConnected((peerKey) => events.emit('connected', peerKey))
    host.onDisconnected((peerKey) => events.emit('disconnected', peerKey))
    host.onFrame((from, frame) => void events.emit('frame', from, frame))
    host.onTransactions((from, all) => void events.emit('transactions', from, all))
    this.#t.teardown(() => host.stop())
    return { host, events }
  }

  /** Started, and in the member list unless it has a list of its own. */
  async join(index: number, options: PartyOptions = {}): Promise<Party> {
    const party = await this.create(index, options)
    await party.host.start()
    this.admit(party.host)
    return party
  }

  admit(host: Host): void {
    const { peerKey } = host
    const place = this.members.findIndex((member) => member.peerKey === peerKey)
    if (place >= 0) this.members.splice(place, 1)
    this.members.push({ peerKey, addresses: host.addresses() })
  }

  async pair(options: PartyOptions = {}): Promise<readonly [Party, Party]> {
    const both = [await this.join(1, options), await this.join(2, options)] as const
    await allConnected(both)
    return both
  }
}

/** Waits until `host` is connected to `peerKey`. */
export async function connectedTo(party: Party, peerKey: PublicKey): Promise<void> {
  while (!party.host.connected().includes(peerKey)) await once(party.events, 'connected')
}

export async function allConnected(parties: readonly Party[]): Promise<void> {
  for (const one of parties) {
    for (const other of parties) {
      if (one !== other) await connectedTo(one, other.host.peerKey)
    }
  }
}

/** The next `count` things that `party` is told as `name`, however close together. */
export function next(party: Party, name: string, count = 1): Promise<unknown[][]> {
  return new Promise((resolve) => {
    const seen: unknown[][] = []
    const listener = (...event: unknown[]) => {
      seen.push(event)
      if (seen.length < count) return
      party.events.off(name, listener)
      resolve(seen)
    }
    party.events.on(name, listener)
  })
}

/** Waits until a counter of the host is at least `least`; counters have no events. */
export async function counted(
  host: Host,
  name: keyof ReturnType<Host['counters']>,
  least: number,
): Promise<void> {
  while (host.counters()[name] < least) await new Promise((resolve) => setTimeout(resolve, 10))
}

/** `count` frames of `size` bytes that differ. */
export function frames(count: number, size = 40): Uint8Array[] {
  return Array.from({ length: count }, (_, place) => {
    const frame = new Uint8Array(size).fill(place % 251)
    frame.set(fromHex(`0x${place.toString(16).padStart(8, '0')}`))
    return frame
  })
}
