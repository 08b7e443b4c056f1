// Decoders that are broken on purpose, each in one way that is hard to hit: the fuzzer must find them, or it cannot see.
import { concat } from '../../vm/bytes.ts'
import { encode } from '../../vm/codec.ts'
import { array, struct } from '../../vm/codec-compound.ts'
import { bytes, text, uint } from '../../vm/codec-scalar.ts'
import { codecTarget, type Reading, type Target } from './target.ts'

const codec = struct({
  version: uint(3),
  name: text(20),
  sums: array(struct({ height: uint(), sum: bytes(4) }), 50),
})
type Value = ReturnType<(typeof codec)['fromCbor']>

const sound = codecTarget('sound', codec)

function broken(name: string, read: (input: Uint8Array, sound: Reading) => Reading): Target {
  return { ...sound, name, read: (input) => read(input, sound.read(input) as Reading) }
}

function heldBy(reading: Reading): Value | undefined {
  return reading.kind === 'accepted' ? (reading.value as Value) : undefined
}

const memory: Uint8Array[] = []

/** Looks from every byte at every other: as a decoder does that searches all it has read for each item that comes. */
export const quadratic: Target = broken('looks-back-at-everything', (input, reading) => {
  let same = 0
  for (const one of input) {
    for (const other of input) {
      if (one === other) same += 1
    }
  }
  return same < 0 ? { kind: 'refused', reason: 'never' } : reading
})

/** What is wrong is told by the name of each and by the fault that must be found. */
export const canaries: readonly { readonly target: Target; readonly fault: RegExp }[] = [
  {
    target: broken('throws-what-it-does-not-say', (_, reading) => {
      const value = heldBy(reading)
      if (value?.sums.some(({ height }) => height === 2 ** 32)) throw new TypeError('a bug')
      return reading
    }),
    fault: /^threw TypeError: a bug/,
  },
  {
    target: broken('takes-a-second-spelling', (input, reading) => {
      // As a decoder does that reads a length without asking whether it is the shortest one.
      const at = input.indexOf(0x58)
      if (reading.kind === 'accepted' || at < 0 || (input[at + 1] ?? 24) >= 24) return reading
      const head = Uint8Array.of(0x40 + (input[at + 1] ?? 0))
      const shorter = concat(input.subarray(0, at), head, input.subarray(at + 2))
      const other = sound.read(shorter) as Reading
      const value = heldBy(other)
      return value === undefined
        ? reading
        : { kind: 'accepted', value, again: encode(codec, value) }
    }),
    fault: /^accepted, but its encoding is/,
  },
  {
    target: broken('loses-a-value', (_, reading) => {
      const value = heldBy(reading)
      const lost = value === undefined ? value : { ...value, name: value.name.normalize('NFC') }
      return lost === undefined ? reading : { kind: 'accepted', value: lost }
    }),
    fault: /^what was encoded is not what was read/,
  },
  {
    target: broken('makes-room-for-a-lie', (input, reading) => {
      const place = input.indexOf(0x9a)
      const count = place < 0 ? 0 : new DataView(input.buffer, input.byteOffset).getUint8(place + 3)
      return count < 2 ? reading : { kind: 'accepted', value: new Uint8Array(count * 65_536) }
    }),
    fault: /^keeps more than/,
  },
  {
    target: broken('remembers-what-it-read', (_, reading) => {
      memory.push(new Uint8Array(4_096))
      return reading
    }),
    fault: /^keeps \d+ bytes/,
  },
  {
    target: broken('refuses-a-valid-one', (_, reading) => {
      const value = heldBy(reading)
      return value?.sums.length === 3 ? { kind: 'refused', reason: 'three' } : reading
    }),
    fault: /^a valid input was refused/,
  },
]
