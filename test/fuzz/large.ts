// Large inputs, each of which would take work beyond its size from a decoder that follows what it says.
import { concat, u32 } from '../../vm/bytes.ts'
import { createRandom } from '../sim/random.ts'
import type { Target } from './target.ts'
import { textOf, utf8 } from './target.ts'

const SIZE = 24_000

function filled(byte: number, size = SIZE): Uint8Array {
  return new Uint8Array(size).fill(byte)
}

/** `valid` with `part` again and again at every place of a few. */
function pumped(valid: Uint8Array, part: Uint8Array): readonly Uint8Array[] {
  const random = createRandom(valid.length)
  return Array.from({ length: 3 }, () => {
    const at = random.below(valid.length + 1)
    const pieces = Array.from({ length: Math.ceil(SIZE / (part.length + 1)) }, () => part)
    return concat(valid.subarray(0, at), ...pieces, valid.subarray(at))
  })
}

const heads = [0x80, 0x81, 0x82, 0x98, 0x9a, 0x9b, 0x58, 0x5a, 0x78, 0x60, 0x40, 0x00, 0xf6]

function cbor(valid: Uint8Array): readonly Uint8Array[] {
  const first = valid.subarray(0, 1)
  return [
    ...heads.map((head) => filled(head)),
    ...heads.map((head) => concat(first, filled(head))),
    concat(Uint8Array.of(0x9a), u32(2 ** 32 - 1), filled(0x00)),
    concat(Uint8Array.of(0x5a), u32(2 ** 32 - 1), filled(0x00)),
    concat(filled(0x81, 60), Uint8Array.of(0x99, 0x5d, 0xc0), filled(0x80)),
    ...pumped(valid, Uint8Array.of(0x80)),
    ...pumped(valid, valid),
  ]
}

const repeated = [
  '[',
  '[[],',
  '{"a":',
  '"',
  '\\u0000',
  '/a',
  'a',
  '0',
  ',',
  '-',
  '.',
  '\n',
  '=',
  '[a]\n',
]

function text(valid: Uint8Array): readonly Uint8Array[] {
  const whole = textOf(valid)
  const long = repeated.map((part) => part.repeat(SIZE / part.length))
  const inText = long.flatMap((part) => [whole.replace(/"[^"]*"(?!:)/, `"${part}!"`), `${part}!`])
  return [...inText, ...long, whole.replace(/[0-9]+/, '9'.repeat(SIZE))].map(utf8)
}

/** Of one valid input of the target. */
export function largeInputs(target: Target): readonly Uint8Array[] {
  const valid = target.valid(5, 8)[0]?.bytes ?? new Uint8Array()
  const all = target.form === 'cbor' ? cbor(valid) : [...text(valid), ...pumped(valid, valid)]
  const { sizeMax = Number.POSITIVE_INFINITY } = target
  return [...all, filled(0xff), filled(0x00)].map((bytes) => bytes.subarray(0, sizeMax))
}
