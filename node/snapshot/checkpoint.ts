// A block that people know to be of the chain: what does not lead through it is another one.
import type { Digest, Height } from '../../vm/types.ts'
import { EpioneError } from '../errors.ts'
import type { Ledger } from '../ledger/types.ts'

export type Checkpoint = { readonly height: Height; readonly id: Digest }

/** As it is written in the settings: HEIGHT:0xID. */
export function checkpointOf(text: string | null): Checkpoint | undefined {
  if (text === null) return undefined
  const [height = '', id = ''] = text.split(':')
  return { height: Number(height), id: id as Digest }
}

/** Throws CHECKPOINT_MISMATCH for a chain that has another block there. */
export function requireCheckpoint(
  ledger: Pick<Ledger, 'header'>,
  checkpoint: Checkpoint | undefined,
): void {
  const found = checkpoint && ledger.header(checkpoint.height)
  if (found === undefined || found.id === checkpoint?.id) return
  throw new EpioneError({
    code: 'CHECKPOINT_MISMATCH',
    message: `block ${found.header.height} of the data folder is ${found.id}, the checkpoint says ${checkpoint?.id}`,
    hint: 'compare the checkpoint with people who run other nodes; if it is right, move the data folder away',
  })
}
