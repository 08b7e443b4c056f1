// The state that a fork takes over, as a file beside its genesis file: the old header, then every key and value.
import { open, readFile } from 'node:fs/promises'
import { appList } from '../apps/index.ts'
import type { Fork } from '../genesis/schema.ts'
import type { QueryReader } from '../vm/app.ts'
import { blockId, decodeHeader } from '../vm/block.ts'
import { CodecError, decode, encode } from '../vm/codec.ts'
import { array, struct } from '../vm/codec-compound.ts'
import { bytes, text, uint } from '../vm/codec-scalar.ts'
import { STATE_KEY_LENGTH_MAX, STATE_VALUE_BYTES_MAX } from '../vm/limits.ts'
import type { Write } from '../vm/state.ts'
import { EpioneError, systemCodeOf } from './errors.ts'
import { createTrees, tagsOf } from './ledger/tree.ts'

/** Entries of one frame. */
const FRAME_ENTRIES = 500

const entryCodec = struct({
  app: uint(255),
  key: text(STATE_KEY_LENGTH_MAX, 1),
  value: bytes(0, STATE_VALUE_BYTES_MAX),
})
const frameCodec = array(entryCodec, FRAME_ENTRIES)

/** Where the state of a genesis file is. */
export function statePathOf(genesisPath: string): string {
  return `${genesisPath.replace(/\.json$/, '')}.state`
}

function framed(content: Uint8Array): Uint8Array {
  const frame = new Uint8Array(4 + content.length)
  new DataView(frame.buffer).setUint32(0, content.length)
  frame.set(content, 4)
  return frame
}

/** Throws HOME_INVALID if the file exists. */
export async function writeForkState(
  path: string,
  headerBytes: Uint8Array,
  state: Pick<QueryReader, 'list'>,
): Promise<number> {
  let count = 0
  const file = await open(path, 'wx')
  try {
    await file.write(framed(headerBytes))
    for (const { tag: app } of appList.apps) {
      let after: string | undefined
      for (;;) {
        const span = { app, prefix: '', limit: FRAME_ENTRIES }
        const found = await state.list(after === undefined ? span : { ...span, after })
        if (found.length === 0) break
        const entries = found.map(({ key, value }) => ({ app, key, value }))
        await file.write(framed(encode(frameCodec, entries)))
        count += entries.length
        after = entries.at(-1)?.key
      }
    }
    await file.sync()
  } finally {
    await file.close()
  }
  return count
}

function framesOf(content: Uint8Array): readonly Uint8Array[] {
  const frames: Uint8Array[] = []
  const view = new DataView(content.buffer, content.byteOffset, content.length)
  for (let at = 0; at < content.length; ) {
    const end = at + 4 + (at + 4 <= content.length ? view.getUint32(at) : Number.NaN)
    if (!(end <= content.length)) throw new CodecError('the file ends in the middle')
    frames.push(content.subarray(at + 4, end))
    at = end
  }
  return frames
}

function checkHeader(fork: Fork, frame: Uint8Array | undefined): void {
  if (frame === undefined) throw new CodecError('the file is empty')
  const { chainId, height, stateRoot } = decodeHeader(frame)
  const isIts =
    blockId(frame) === fork.blockId &&
    chainId === fork.chainId &&
    height === fork.height &&
    stateRoot === fork.stateRoot
  if (!isIts) throw new CodecError('it begins with another block than the one that the fork names')
}

/** All values of the old state; nothing is taken over that its state root does not commit to. */
export async function readForkState(path: string, fork: Fork): Promise<readonly Write[]> {
  const invalid = (message: string, cause: unknown) =>
    new EpioneError({
      code: 'GENESIS_INVALID',
      message: `${path}: ${message}`,
      hint: 'the state file of a fork goes with its genesis file: copy both from who made them',
      cause,
    })
  const content = await readFile(path).catch((error: unknown) => {
    throw invalid(`cannot be read (${systemCodeOf(error) ?? 'unknown'})`, error)
  })
  try {
    const [header, ...frames] = framesOf(content)
    checkHeader(fork, header)
    const writes = frames.flatMap((frame) => decode(frameCodec, frame))
    const { stateRoot } = createTrees(tagsOf(appList)).update(writes)
    if (stateRoot !== fork.stateRoot)
      throw new CodecError('its values are not those that the state root commits to')
    return writes
  } catch (error) {
    if (error instanceof CodecError) throw invalid(error.message, error)
    throw error
  }
}
