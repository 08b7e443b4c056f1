// Codecs and bounds that payloads and state of the replicated sharing have in common.
import type { Codec } from '../../../vm/codec.ts'
import { bytes, oneOf, uint } from '../../../vm/codec-scalar.ts'

/** Servers of a replicated committee: with more of them there are too many classes, and a threshold key serves better. */
export const HOLDERS_MAX = 5
/** Classes of one committee, C(5, 2). */
export const CLASSES_MAX = 10
/** Boxes of one deal: ten classes with three holders each. */
export const BOXES_MAX = 30

/** The number of a class, from 1. */
export const classField: Codec<number> = uint(CLASSES_MAX, 1)
/** A scalar in the group's order; whether it is below the order is judged with the proofs. */
export const scalarField: Codec<Uint8Array> = bytes(32)
/** Masked answers are proven on arrival; scalar ones are boxes that the insurer checks. */
export const answerModeCodec = oneOf({ masked: 1, scalar: 2 })
