// What a helper keeps beside its copy of the ledger: values that blocks bring and the ledger's state does not keep.
import { array, struct } from '../../../vm/codec-compound.ts'
import { bytes, hex, uint } from '../../../vm/codec-scalar.ts'
import { defineTable } from '../../../vm/state.ts'
import type { Digest } from '../../../vm/types.ts'

/** No application has this tag. */
const OWN = 0

/** box/<committee or keyset>/<epoch>/<dealer>: all boxes of a deal in which this helper has a seat; a committee's one dealer is 0. */
export const boxesTable = defineTable(OWN, 'box', array(bytes(0, 65_536), 1_000))

const claim = struct({ record: hex<Digest>(32), class: uint() })

/** wrong: shares of records that are not what their class key gives. */
export const wrongTable = defineTable(OWN, 'wrong', array(claim, 100_000))

/** newest/<committee>: the last record that was read. */
export const newestTable = defineTable(OWN, 'newest', hex<Digest>(32))
