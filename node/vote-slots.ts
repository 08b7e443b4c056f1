// The bytes of a vote lock: two slots with checksums in one file, written in turn.
import { crc32 } from 'node:zlib'
import { preparedCertificateCodec } from '../consensus/certificate.ts'
import { assert } from '../vm/assert.ts'
import { concat, u32 } from '../vm/bytes.ts'
import { CodecError, decode, encode } from '../vm/codec.ts'
import { named, optional, struct } from '../vm/codec-compound.ts'
import { constant, hex, uint } from '../vm/codec-scalar.ts'
import type { Digest, PublicKey } from '../vm/types.ts'
import { voteCodec } from '../vm/vote.ts'

/** A power of the disk's sector size, so that tearing one slot cannot touch the other. */
export const SLOT_BYTES = 8_192

export const voteSlotCodec = named(
  'vote-lock-slot',
  struct({
    version: constant(1),
    chainId: hex<Digest>(32),
    publicKey: hex<PublicKey>(32),
    /** Rises by one with each write; the higher of two good slots counts. */
    turn: uint(),
    floor: uint(),
    last: optional(voteCodec),
    prepared: optional(preparedCertificateCodec),
  }),
)

export type VoteSlot = ReturnType<(typeof voteSlotCodec)['fromCbor']>

const headBytes = 8

/** A floor from here on marks a lock that was exported: it signs nothing any more, at whatever height. */
const exportedFrom = 2 ** 52

export function isExported({ floor }: Pick<VoteSlot, 'floor'>): boolean {
  return floor >= exportedFrom
}

/** The lock that stays behind: newer than all that was written before, and disabled in both slots. */
export function markExported(slot: VoteSlot): VoteSlot {
  return { ...slot, turn: slot.turn + 1, floor: exportedFrom + slot.floor }
}

/** [length, CRC-32 of length and content, content, zeros]. */
export function encodeSlot(slot: VoteSlot): Uint8Array {
  const content = encode(voteSlotCodec, slot)
  assert(content.length <= SLOT_BYTES - headBytes, 'a vote with its certificate must fit in a slot')
  const length = u32(content.length)
  const sum = u32(crc32(concat(length, content)))
  const padding = new Uint8Array(SLOT_BYTES - headBytes - content.length)
  return concat(length, sum, content, padding)
}

/** Undefined for anything that is not a whole slot. */
export function decodeSlot(bytes: Uint8Array): VoteSlot | undefined {
  if (bytes.length < headBytes) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const length = view.getUint32(0)
  if (length > bytes.length - headBytes) return undefined
  const content = bytes.subarray(headBytes, headBytes + length)
  if (crc32(concat(bytes.subarray(0, 4), content)) !== view.getUint32(4)) return undefined
  try {
    return decode(voteSlotCodec, content)
  } catch (error) {
    if (error instanceof CodecError) return undefined
    throw error
  }
}

/** A whole file that says one thing in both slots, as of `turn` and the turn after it. */
export function encodeLockFile(slot: VoteSlot): Uint8Array {
  const turns = [slot.turn, slot.turn + 1].toSorted((left, right) => (left % 2) - (right % 2))
  return concat(...turns.map((turn) => encodeSlot({ ...slot, turn })))
}

/** Where the slot of a turn is in the file. */
export function slotOffset(turn: number): number {
  return (turn % 2) * SLOT_BYTES
}
