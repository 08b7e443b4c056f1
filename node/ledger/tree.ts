// The state trees of all applications over the store: nodes, changes of one block, roots.
import type { Digest } from '../../vm/types.ts'

/** What one block changes in the trees. */
export type TreeChange = { readonly stateRoot: Digest }
