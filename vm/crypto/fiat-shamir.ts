// The Fiat-Shamir transform of draft-irtf-cfrg-fiat-shamir-02: a duplex sponge on SHAKE128, session ids, codecs.
import { shake128 } from '@noble/hashes/sha3.js'
import { assert } from '../assert.ts'
import { asciiBytes, concat } from '../bytes.ts'
import { decodeLittleEndian, encodeLittleEndian } from './integer.ts'

const RATE = 168
/** Bytes squeezed beyond the width of a field element, so that the reduction is uniform to 2^-128. */
const OVERSAMPLING = 16
const SESSION_LABEL = asciiBytes('irtf-cfrg-fiat-shamir/session-id')

/** Absorbs and squeezes byte strings; each squeezed byte depends on all that was absorbed before. */
export type Sponge = {
  readonly absorb: (bytes: Uint8Array) => void
  readonly squeeze: (size: number) => Uint8Array
}

/** Squeezes the bytes of SHAKE128(session id, zeros up to the rate, all that was absorbed); an absorb restarts the stream. */
export function createSponge(sessionId: Uint8Array): Sponge {
  assert(sessionId.length === 32, 'a session id has 32 bytes')
  const padded = new Uint8Array(RATE)
  padded.set(sessionId)
  const state = shake128.create({}).update(padded)
  let stream: typeof state | undefined
  return {
    absorb: (bytes) => {
      if (bytes.length === 0) return
      stream = undefined
      state.update(bytes)
    },
    squeeze: (size) => {
      if (size === 0) return new Uint8Array(0)
      stream ??= state.clone()
      return stream.xof(size)
    },
  }
}

/** The 32-byte session id of an application's tag. */
export function deriveSessionId(tag: Uint8Array): Uint8Array {
  const sponge = createSponge(SESSION_LABEL)
  sponge.absorb(tag)
  return sponge.squeeze(32)
}

/** Bytes of an integer below `modulus`. */
function fieldWidth(modulus: bigint): number {
  return Math.ceil((modulus - 1n).toString(2).length / 8)
}

/** A uniform integer below `modulus` from the next bytes of the sponge. */
export function squeezeUint(sponge: Sponge, modulus: bigint): bigint {
  return decodeUint(sponge.squeeze(fieldWidth(modulus) + OVERSAMPLING), modulus)
}

/** Reduces squeezed bytes, little-endian for every modulus. */
export function decodeUint(bytes: Uint8Array, modulus: bigint): bigint {
  assert(bytes.length === fieldWidth(modulus) + OVERSAMPLING, 'sixteen bytes beyond the width')
  return decodeLittleEndian(bytes) % modulus
}

/** Four bytes of length, little-endian, then the bytes. */
export function serializeString(bytes: Uint8Array): Uint8Array {
  return concat(encodeLittleEndian(BigInt(bytes.length), 4), bytes)
}

/** The string at the front and what follows it; undefined if the input is too short. */
export function deserializeString(
  input: Uint8Array,
): { readonly value: Uint8Array; readonly rest: Uint8Array } | undefined {
  if (input.length < 4) return undefined
  const size = Number(decodeLittleEndian(input.subarray(0, 4)))
  if (input.length - 4 < size) return undefined
  return { value: input.slice(4, 4 + size), rest: input.subarray(4 + size) }
}

/** Coordinates of a field element, each fixed-width little-endian. */
export function serializeField(coordinates: readonly bigint[], modulus: bigint): Uint8Array {
  const width = fieldWidth(modulus)
  return concat(
    ...coordinates.map((value) => {
      assert(value >= 0n && value < modulus, 'a coordinate is below the modulus')
      return encodeLittleEndian(value, width)
    }),
  )
}

/** `degree` canonical coordinates at the front and what follows them; undefined for everything else. */
export function deserializeField(
  input: Uint8Array,
  modulus: bigint,
  degree: number,
): { readonly coordinates: readonly bigint[]; readonly rest: Uint8Array } | undefined {
  const width = fieldWidth(modulus)
  if (input.length < degree * width) return undefined
  const coordinates: bigint[] = []
  for (let i = 0; i < degree; i++) {
    const value = decodeLittleEndian(input.subarray(i * width, (i + 1) * width))
    if (value >= modulus) return undefined
    coordinates.push(value)
  }
  return { coordinates, rest: input.subarray(degree * width) }
}
