// What a vault reads from the application that makes keys: the seats of an epoch, as if the vault itself had dealt them.
import type { Reader } from '../../vm/state.ts'
import type { Digest } from '../../vm/types.ts'
import {
  committeeTable as keysTable,
  planTable,
  progressTable as runTable,
} from '../committee/state.ts'
import { isIdentity } from './sums.ts'
import type { DealState, Seats } from './values.ts'

/** What the members of a keyset's epoch made for the vault's purpose. */
export type KeysetEpoch = {
  readonly deal: DealState
  /** Seats that acknowledged their shares; whoever did not is no member. */
  readonly acks: readonly number[]
  readonly minimum: number
  /** What each member must have in its bond. */
  readonly bond: { readonly currency: string; readonly amount: bigint }
}

/** The identity stands where a deal of the vault's own has the point of its boxes. */
const noBoxes = { boxPoint: new Uint8Array(32), boxKeys: [], boxHashes: [] }

/** Undefined if the epoch has made no key for the vault; whether it is in force is another question. */
export function findKeysetEpoch(
  state: Reader,
  keyset: Digest,
  epoch: number,
): KeysetEpoch | undefined {
  const made = keysTable.get(state, keyset, epoch)
  const plan = planTable.get(state, keyset, epoch)
  const run = runTable.get(state, keyset, epoch)
  const key = made?.keys.find(({ purpose }) => purpose === 'vault')
  if (made === undefined || plan === undefined || run === undefined || key === undefined)
    return undefined
  const { threshold, members: servers } = made
  const organizations = servers.flatMap(
    (member) => plan.organizations[plan.members.indexOf(member)] ?? [],
  )
  const { commitments, memberKeys: serverKeys } = key
  const seats = { threshold, servers, organizations }
  const { txId, minimum, bond } = plan
  return {
    deal: { ...seats, commitments, serverKeys, ...noBoxes, txId },
    acks: run.acks,
    minimum,
    bond,
  }
}

/** Seats that can answer: they acknowledged, and their key is one. */
export function ableSeats({ deal, acks }: KeysetEpoch): readonly number[] {
  return acks.filter((index) => {
    const key = deal.serverKeys[index - 1]
    return key !== undefined && !isIdentity(key)
  })
}

/** With f of the n seats silent there are still t answers. */
export function isStrong(seats: Seats, able: number): boolean {
  return able >= seats.threshold + Math.floor((seats.servers.length - 1) / 3)
}
