// Small discrete logarithms with a table that is built once and kept in a file.
import { mkdir, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { asciiBytes, concat, equal, u32 } from '../../vm/bytes.ts'
import {
  BABY_STEP_BITS,
  type BabySteps,
  createBabySteps,
  createDiscreteLog,
  type DiscreteLog,
} from '../../vm/crypto/discrete-log.ts'
import { systemCodeOf } from '../errors.ts'
import { replaceFile } from '../files.ts'
import { nativeSha256 } from './sha256.ts'

const MAGIC = asciiBytes('epione/baby-steps/v1')
const HASH_SIZE = 32

/** A view of the numbers as they lie in memory: the file serves the machine that wrote it. */
function bytesOf(numbers: Uint32Array | Int32Array): Uint8Array {
  return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength)
}

function headOf(base: Uint8Array, bits: number): Uint8Array {
  return concat(MAGIC, base, u32(bits))
}

/** Head, both columns, and a hash over everything before it. */
function encodeTable(base: Uint8Array, { bits, prints, indices }: BabySteps): Uint8Array {
  const content = concat(headOf(base, bits), bytesOf(prints), bytesOf(indices))
  return concat(content, nativeSha256(content))
}

/** Undefined for a table of another base or size, and for a damaged file. */
function decodeTable(file: Uint8Array, base: Uint8Array, bits: number): BabySteps | undefined {
  const head = headOf(base, bits)
  const columnSize = 4 * 2 ** (bits + 1)
  if (file.length !== head.length + 2 * columnSize + HASH_SIZE) return undefined
  const content = file.subarray(0, -HASH_SIZE)
  if (!equal(content.subarray(0, head.length), head)) return undefined
  if (!equal(nativeSha256(content), file.subarray(-HASH_SIZE))) return undefined
  const column = (place: number) => {
    const from = head.length + place * columnSize
    return content.slice(from, from + columnSize).buffer as ArrayBuffer
  }
  return { bits, prints: new Uint32Array(column(0)), indices: new Int32Array(column(1)) }
}

async function readTable(
  path: string,
  base: Uint8Array,
  bits: number,
): Promise<BabySteps | undefined> {
  try {
    return decodeTable(new Uint8Array(await readFile(path)), base, bits)
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

/**
 * Logarithms to `base` with a table of 2^bits steps from the file at `path`. A file that is missing, damaged or of another base is
 * written anew: everything in it is public and can be computed again.
 */
export async function loadLogarithms(
  path: string,
  base: Uint8Array,
  bits = BABY_STEP_BITS,
): Promise<DiscreteLog> {
  const known = await readTable(path, base, bits)
  if (known !== undefined) return createDiscreteLog(base, known)
  const table = createBabySteps(base, bits)
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  await replaceFile(path, encodeTable(base, table))
  return createDiscreteLog(base, table)
}
