// The key layout of the store: one letter for each kind of record, heights as fixed-width hexadecimal so that they sort.

import type { StateKey } from '../../vm/state.ts'
import type { Digest, Height, Hex } from '../../vm/types.ts'

/** The newest height, its id, and the roots of the state trees. */
export const headKey = 'head'

/** Which blocks are whole, and in which area the state is. */
export const baseKey = 'base'

const HEIGHT_DIGITS = 12

/** The last one: a block has many records. */
let known = { height: -1, digits: '' }

function fixed(height: Height): string {
  if (height !== known.height)
    known = { height, digits: height.toString(16).padStart(HEIGHT_DIGITS, '0') }
  return known.digits
}

const appDigits = Array.from({ length: 256 }, (_, app) => app.toString(16).padStart(2, '0'))

/** Records of one block, by height. */
export const headerKey = (height: Height): string => `b/${fixed(height)}`
export const certificateKey = (height: Height): string => `c/${fixed(height)}`
/** The envelopes, in their order. */
export const envelopesKey = (height: Height): string => `t/${fixed(height)}`
/** The ids of the same transactions. */
export const idsKey = (height: Height): string => `d/${fixed(height)}`
export const receiptsKey = (height: Height): string => `r/${fixed(height)}`
/** Sorted by recipient and index. */
export const eventsKey = (height: Height): string => `e/${fixed(height)}`
/** The set that a header names for the first time. */
export const setKey = (height: Height): string => `v/${fixed(height)}`
/** Votes of others that were seen at this height. */
export const votesKey = (height: Height): string => `w/${fixed(height)}`

/** Where a transaction is. */
export const placeKey = (txId: Digest): string => `i/${txId}`

/** That the block has events for the recipient. */
export const inboxKey = (recipient: Hex, height: Height): string =>
  `n/${recipient}/${fixed(height)}`

/** The newest value of a state key. */
export const stateKey = ({ app, key }: StateKey): string => `s/${appDigits[app]}/${key}`

/** The first key after all that begin with `prefix`; prefixes end in a character below the last one of ASCII. */
export function afterPrefix(prefix: string): string {
  const last = prefix.length - 1
  return prefix.slice(0, last) + String.fromCharCode(prefix.charCodeAt(last) + 1)
}

/** The height at the end of a record's key. */
export function heightOfKey(key: string): Height {
  return Number.parseInt(key.slice(-HEIGHT_DIGITS), 16)
}
