// Merlin transcripts (STROBE-128 on Keccak-f[1600]), the Fiat-Shamir transform of dalek's range proofs.
import { keccakP } from '@noble/hashes/sha3.js'
import { assert } from '../assert.ts'
import { asciiBytes } from '../bytes.ts'
import { encodeLittleEndian } from './integer.ts'

const RATE = 166
const META_AD = 0x12
const AD = 0x02
const PRF = 0x07
/** Operations of this kind start on a fresh block. */
const CIPHER = 0x04

/** Appends labelled messages and gives challenges that depend on all before. */
export type MerlinTranscript = {
  readonly append: (label: string, message: Uint8Array) => void
  readonly appendU64: (label: string, value: number) => void
  readonly challenge: (label: string, size: number) => Uint8Array
}

/** The three STROBE operations that Merlin uses. */
function createStrobe(protocol: Uint8Array) {
  const words = new Uint32Array(50)
  const state = new Uint8Array(words.buffer)
  let position = 0
  let begin = 0
  let flags = 0

  const xorAt = (index: number, byte: number) => {
    state[index] = (state[index] ?? 0) ^ byte
  }
  const permute = () => {
    xorAt(position, begin)
    xorAt(position + 1, 0x04)
    xorAt(RATE + 1, 0x80)
    keccakP(words)
    position = 0
    begin = 0
  }
  const advance = () => {
    position += 1
    if (position === RATE) permute()
  }
  const absorb = (bytes: Uint8Array) => {
    for (const byte of bytes) {
      xorAt(position, byte)
      advance()
    }
  }
  const start = (operation: number, more: boolean) => {
    if (more) return assert(operation === flags, 'a continued operation stays what it was')
    const previous = begin
    begin = position + 1
    flags = operation
    absorb(new Uint8Array([previous, operation]))
    if ((operation & CIPHER) !== 0 && position !== 0) permute()
  }
  const operate = (operation: number, bytes: Uint8Array, more = false) => {
    start(operation, more)
    absorb(bytes)
  }

  state.set([1, RATE + 2, 1, 0, 1, 96])
  state.set(asciiBytes('STROBEv1.0.2'), 6)
  keccakP(words)
  operate(META_AD, protocol)
  return {
    metaAd: (bytes: Uint8Array, more: boolean) => operate(META_AD, bytes, more),
    ad: (bytes: Uint8Array) => operate(AD, bytes),
    prf: (size: number): Uint8Array => {
      start(PRF, false)
      const output = new Uint8Array(size)
      for (let i = 0; i < size; i++) {
        output[i] = state[position] ?? 0
        state[position] = 0
        advance()
      }
      return output
    },
  }
}

/** A transcript of the protocol with that name. */
export function createMerlin(protocol: string): MerlinTranscript {
  const strobe = createStrobe(asciiBytes('Merlin v1.0'))
  const announce = (label: string, size: number) => {
    strobe.metaAd(asciiBytes(label), false)
    strobe.metaAd(encodeLittleEndian(BigInt(size), 4), true)
  }
  const append = (label: string, message: Uint8Array) => {
    announce(label, message.length)
    strobe.ad(message)
  }
  append('dom-sep', asciiBytes(protocol))
  return {
    append,
    appendU64: (label, value) => append(label, encodeLittleEndian(BigInt(value), 8)),
    challenge: (label, size) => {
      announce(label, size)
      return strobe.prf(size)
    },
  }
}
