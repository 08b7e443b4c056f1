// Fetches the trees of one certified state from all who hold it, piece by piece, each proven by the hash that is expected there.
import { equal } from '../../vm/bytes.ts'
import { CodecError, decode, encode } from '../../vm/codec.ts'
import { EMPTY_HASH } from '../../vm/state-tree-hash.ts'
import { childAt, decodeNode, SLOTS } from '../../vm/state-tree-node.ts'
import type { Digest, Height, PublicKey } from '../../vm/types.ts'
import type { Roots } from '../ledger/tree.ts'
import { sealValue } from '../ledger/values.ts'
import { requestCodec, type SnapshotOffer, stateAnswerCodec } from '../protocol.ts'
import { stateKey } from '../store/keys.ts'
import type { StorePut } from '../store/port.ts'
import { isChunk } from './chunk.ts'
import { createSources } from './sources.ts'

export type DownloadPorts = {
  /** Undefined when the peer does not answer in time. */
  readonly request: (peerKey: PublicKey, request: Uint8Array) => Promise<Uint8Array | undefined>
  /** The peer sent what a correct one never sends. */
  readonly onLie: (peerKey: PublicKey, reason: string) => void
  readonly put: (entries: readonly StorePut[]) => Promise<void>
  readonly stopped: () => boolean
}

export type Download = {
  readonly blockId: Digest
  readonly height: Height
  /** Moves on with every piece, so that another call can go on with it. */
  readonly progress: Progress
  readonly sources: readonly PublicKey[]
}

type Piece = { readonly app: number; readonly prefix: string; readonly hash: Uint8Array }

/** How far a download has come: what is not wanted any more was put. */
export type Progress = {
  readonly roots: Roots
  readonly wanted: Piece[]
}

export function beginDownload(offered: SnapshotOffer['roots']): Progress {
  const roots = new Map(offered.map(({ app, root }) => [app, root]))
  const wanted = offered
    .filter(({ root }) => !equal(root, EMPTY_HASH))
    .map(({ app, root }) => ({ app, prefix: '', hash: root }))
  return { roots, wanted }
}

/** What a piece turned out to be: what is to be stored, and what must be fetched below it. */
type Found = {
  readonly put: readonly StorePut[]
  readonly below: readonly Piece[]
}

const digits = '0123456789abcdef'

/** The places below a node. */
function adoptNode({ app, prefix, hash }: Piece, bytes: Uint8Array): Found | undefined {
  const node = decodeNode(bytes, hash)
  if (node === undefined || prefix.length === 64) return undefined
  const below: Piece[] = []
  for (let slot = 0; slot < SLOTS; slot++) {
    const child = childAt(node, slot)
    if (child !== undefined)
      below.push({ app, prefix: prefix + digits[slot], hash: child.hash.slice() })
  }
  return { put: [], below }
}

/** Undefined if the answer is not what stands at the piece's place. */
function examine(piece: Piece, version: Height, bytes: Uint8Array): Found | 'gone' | undefined {
  const { app } = piece
  try {
    const answer = decode(stateAnswerCodec, bytes)
    if (answer.kind === 'gone') return 'gone'
    if (answer.kind === 'node') return adoptNode(piece, answer.bytes)
    if (!isChunk(answer.entries, piece)) return undefined
    const put = answer.entries.map(({ key: name, value }) => {
      const key = stateKey({ app, key: name })
      return { key, value: sealValue(key, value, version) }
    })
    return { put, below: [] }
  } catch (error) {
    if (error instanceof CodecError) return undefined
    throw error
  }
}

/** The roots of all trees when everything is stored; undefined when no source is left that has it. */
export async function downloadState(
  ports: DownloadPorts,
  download: Download,
): Promise<Roots | undefined> {
  const { blockId, height } = download
  const { roots, wanted } = download.progress
  const sources = createSources(download.sources)
  let underway = 0
  const { promise, resolve, reject } = Promise.withResolvers<Roots | undefined>()

  const fetch = async (piece: Piece, peerKey: PublicKey): Promise<void> => {
    const { app, prefix } = piece
    const request = encode(requestCodec, { kind: 'state', blockId, app, prefix })
    const bytes = await ports.request(peerKey, request)
    sources.end(peerKey)
    const found = bytes && examine(piece, height, bytes)
    if (typeof found === 'object') {
      sources.answered(peerKey)
      // The last piece first: what is wanted stays as little as one way down needs.
      wanted.push(...found.below)
      await ports.put(found.put)
      return
    }
    wanted.push(piece)
    if (bytes === undefined) sources.late(peerKey)
    else sources.remove(peerKey)
    if (bytes !== undefined && found === undefined) ports.onLie(peerKey, 'STATE_ANSWER')
  }

  const go = (): void => {
    // What is under way still writes: whoever begins anew must not meet it.
    const isOver = wanted.length === 0 || sources.isEmpty() || ports.stopped()
    if (isOver && underway === 0) resolve(wanted.length === 0 ? roots : undefined)
    if (isOver) return
    for (let piece = wanted.pop(); piece !== undefined; piece = wanted.pop()) {
      const peerKey = sources.choose()
      if (peerKey === undefined) {
        wanted.push(piece)
        return
      }
      underway += 1
      sources.begin(peerKey)
      fetch(piece, peerKey).then(() => {
        underway -= 1
        go()
      }, reject)
    }
  }
  go()
  return promise
}
