// The port of the key-value store below a node: synchronous reads, one atomic synced write.

export type StorePut = { readonly key: string; readonly value: Uint8Array }

/** Keys are printable ASCII in bytewise order. */
export type Store = {
  readonly get: (key: string) => Uint8Array | undefined
  /** Entries with `from <= key < below` in key order (or its reverse), at most `limit`; synchronous snapshot of small ranges. */
  readonly range: (span: {
    readonly from: string
    readonly below: string
    readonly limit: number
    readonly reverse?: boolean
  }) => Promise<readonly StorePut[]>
  /** All or nothing, on disk when it resolves. A rejection is indeterminate: the process must stop. */
  readonly write: (change: {
    readonly put: readonly StorePut[]
    readonly remove: readonly string[]
  }) => Promise<void>
  readonly close: () => Promise<void>
}

export type StoreReads = Pick<Store, 'get' | 'range'>
