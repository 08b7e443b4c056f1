// What is read from disk without a codec: segments of the journal, slots of the vote lock, nodes of the state tree, sealed records.
import { EpioneError } from '../../node/errors.ts'
import {
  decodeSegmentHeader,
  encodeRecord,
  encodeSegmentHeader,
  hasLaterGroup,
  type JournalRecord,
  readRecords,
  SEGMENT_HEADER_BYTES,
} from '../../node/journal-format.ts'
import { seal, unseal } from '../../node/ledger/records.ts'
import { decodeSlot, encodeSlot, SLOT_BYTES, voteSlotCodec } from '../../node/vote-slots.ts'
import { concat, toHex } from '../../vm/bytes.ts'
import {
  type Child,
  createLeaf,
  createNode,
  decodeNode,
  encodeNode,
  hashAt,
  SLOTS,
} from '../../vm/state-tree-node.ts'
import { createRandom, type Random } from '../sim/random.ts'
import { idOf } from '../support/toy-chain.ts'
import { refusedBy, type Target, valuesOf } from './target.ts'

function drawn(make: (random: Random) => Uint8Array): Target['valid'] {
  return (seed, count) =>
    Array.from({ length: count }, (_, place) => ({ bytes: make(createRandom(seed + place)) }))
}

function noise(random: Random, size: number): Uint8Array {
  return Uint8Array.from({ length: size }, () => random.below(256))
}

const segmentName = { chainId: idOf('chain'), index: 3 }

/** Records in groups, as they are appended; their content says where they belong, so that a wrong one is known. */
function segmentOf(random: Random): Uint8Array {
  const parts = [encodeSegmentHeader(segmentName, 60)]
  let end = SEGMENT_HEADER_BYTES
  for (let groups = random.below(4); groups > 0; groups--) {
    const group = end
    for (let records = 1 + random.below(3); records > 0; records--) {
      const height = random.below(1_000)
      const body = noise(random, random.pick([1, 8, 60]))
      const record: JournalRecord = { height, bytes: marked(height, body) }
      const written = encodeRecord(segmentName, { offset: end, group }, record)
      parts.push(...written)
      end += written[0].length + written[1].length
    }
  }
  return concat(...parts)
}

/** The height stands in the content, with a sum of all of it. */
function marked(height: number, body: Uint8Array): Uint8Array {
  const sum = body.reduce((all, byte) => (all * 31 + byte) >>> 0, height)
  return concat(Buffer.from(`${height}/${sum}/`), body)
}

function isMarked({ height, bytes }: JournalRecord): boolean {
  const second = bytes.indexOf(0x2f, bytes.indexOf(0x2f) + 1)
  return Buffer.compare(marked(height, bytes.subarray(second + 1)), bytes) === 0
}

const segment: Target = {
  name: 'journal-segment',
  form: 'bytes',
  valid: drawn(segmentOf),
  read: (input) => {
    const header = decodeSegmentHeader(input, segmentName)
    const { records, end } = readRecords(input, segmentName)
    for (const record of records) {
      if (!isMarked(record)) throw new Error(`a wrong record of height ${record.height}`)
    }
    if (end > Math.max(input.length, SEGMENT_HEADER_BYTES)) throw new Error('an end beyond the end')
    const later = hasLaterGroup(input, end, segmentName)
    if (header.kind !== 'good') return { kind: 'refused', reason: header.kind }
    return { kind: 'accepted', value: { records: records.map(({ bytes }) => bytes), later } }
  },
}

/** Without most of the zeros, where a change changes nothing. */
function short(bytes: Uint8Array): Uint8Array {
  return bytes.slice(0, 16 + new DataView(bytes.buffer).getUint32(0))
}

const slot: Target = {
  name: 'vote-lock-slot-bytes',
  form: 'bytes',
  sizeMax: SLOT_BYTES,
  valid: (seed, count) =>
    valuesOf(voteSlotCodec, seed, count).map((value) => ({
      bytes: short(encodeSlot(value)),
      value,
    })),
  read: (input) => {
    const value = decodeSlot(input)
    if (value === undefined) return { kind: 'refused', reason: 'no whole slot' }
    // The zeros behind the content are not looked at.
    const [again, length] = [encodeSlot(value), 8 + new DataView(input.buffer).getUint32(0)]
    return {
      kind: 'accepted',
      value,
      again: concat(again.subarray(0, length), input.subarray(length)),
    }
  },
}

function childrenOf(random: Random): (Child | undefined)[] {
  return Array.from({ length: SLOTS }, (): Child | undefined => {
    const version = random.below(2 ** 31)
    if (random.chance(0.4)) return undefined
    if (random.chance(0.5)) return { kind: 'node', version, hash: noise(random, 32) }
    return createLeaf({ version, path: noise(random, 32), valueHash: noise(random, 32) })
  })
}

/** The node's hash in front: nothing else has this hash but this node. */
const treeNode: Target = {
  name: 'tree-node',
  form: 'bytes',
  valid: drawn((random) => {
    const children = childrenOf(random)
    const two = children.filter((child) => child !== undefined).length > 1
    const leaf = { version: 1, path: new Uint8Array(32), valueHash: noise(random, 32) }
    const link = { kind: 'node', version: 2, hash: noise(random, 32) } as const
    const node = createNode(two ? children : [createLeaf(leaf), link])
    return concat(hashAt(node, 1), encodeNode(node))
  }),
  read: (input) => {
    const hash = input.subarray(0, 32)
    const node = decodeNode(input.subarray(32), hash)
    if (node === undefined) return { kind: 'refused', reason: 'another node' }
    return { kind: 'accepted', value: node, again: concat(hash, encodeNode(node)) }
  },
}

/** A checksum of 32 bits misses one change in four thousand million; what it lets through is the same content. */
const record: Target = {
  name: 'sealed-record',
  form: 'bytes',
  valid: drawn((random) => seal('c/00000000000a', noise(random, random.below(60)))),
  read: (input) => {
    try {
      const value = unseal('c/00000000000a', input)
      return { kind: 'accepted', value: toHex(value), again: seal('c/00000000000a', value) }
    } catch (error) {
      return refusedBy([EpioneError], error)
    }
  },
}

export const diskTargets: readonly Target[] = [segment, slot, treeNode, record]
