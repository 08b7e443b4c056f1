// The smallest ledger that consensus can order: blocks of random ids whose header says whether they are valid.
import type { ProposedBlock } from '../../consensus/types.ts'
import { fromHex, toHex } from '../../vm/bytes.ts'
import { CodecError, decode, encode } from '../../vm/codec.ts'
import { array, struct } from '../../vm/codec-compound.ts'
import { bool, hex, uint } from '../../vm/codec-scalar.ts'
import { digest, hash } from '../../vm/hash.ts'
import type { Digest, ReplicaIndex } from '../../vm/types.ts'
import type { Random } from './random.ts'

const headerCodec = struct({
  height: uint(),
  parent: hex<Digest>(32),
  proposer: uint(),
  salt: uint(),
  honest: bool,
  txRoot: hex<Digest>(32),
})

const idsCodec = array(hex<Digest>(32), 100)

export const genesisId: Digest = toHex(new Uint8Array(32))

export type Draft = {
  readonly height: number
  readonly parent: Digest
  readonly proposer: ReplicaIndex
  /** False makes a block that every correct replica finds invalid. */
  readonly honest: boolean
  readonly size: number
}

export function buildBlock(draft: Draft, random: Random): ProposedBlock {
  const salt = random.below(2 ** 31)
  const ids = Array.from({ length: draft.size }, (_, place) =>
    digest('tx', fromHex(digest('tx', new Uint8Array([place, salt & 255, salt >> 8, salt >> 16])))),
  )
  const txRoot = toHex(hash('txs', encode(idsCodec, ids)))
  const { height, parent, proposer, honest } = draft
  const header = encode(headerCodec, { height, parent, proposer, salt, honest, txRoot })
  const transactions = ids.map((id) => ({ id, length: 100 }))
  return { blockId: digest('block', header), header, transactions }
}

/** The port of verify.ts. */
export function belongsTogether({ blockId, header, transactions }: ProposedBlock): boolean {
  if (digest('block', header) !== blockId) return false
  try {
    const { txRoot } = decode(headerCodec, header)
    const ids = transactions.map(({ id }) => id)
    return txRoot === toHex(hash('txs', encode(idsCodec, ids)))
  } catch (error) {
    if (error instanceof CodecError) return true
    throw error
  }
}
