// Where somebody stands who follows the chain, as it is kept on disk.
import { type JsonValue, within } from '../../vm/codec.ts'
import { optional, struct } from '../../vm/codec-compound.ts'
import { hex, uint } from '../../vm/codec-scalar.ts'
import { engineKind } from '../../vm/quorum.ts'
import type { Digest } from '../../vm/types.ts'
import { validatorsCodec } from '../../vm/validator.ts'
import type { Anchor } from './anchor.ts'
import type { Tip } from './block.ts'

const tipCodec = struct({
  chainId: hex<Digest>(32),
  engine: engineKind,
  height: uint(),
  id: optional(hex<Digest>(32)),
  validators: validatorsCodec,
})

/** Before block 1, with nothing but the genesis. */
export function firstTip({ chainId, engine, validators }: Anchor): Tip {
  return { chainId, engine, height: 0, id: undefined, validators }
}

export function tipToJson(tip: Tip): JsonValue {
  return tipCodec.toJson({ ...tip, id: tip.id ?? null })
}

/** Throws CodecError for anything else. */
export function tipFromJson(json: unknown): Tip {
  const { id, ...rest } = within('tip', () => tipCodec.fromJson(json as JsonValue))
  return { ...rest, id: id ?? undefined }
}
