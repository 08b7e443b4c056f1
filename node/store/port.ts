// The port of the key-value store below a node: synchronous reads, one atomic synced write, views that stay as they are.

export type StorePut = { readonly key: string; readonly value: Uint8Array }

export type StoreChange = { readonly put: readonly StorePut[]; readonly remove: readonly string[] }

export type StoreReads = {
  readonly get: (key: string) => Uint8Array | undefined
  /** Entries with `from <= key < below` in key order (or its reverse), at most `limit`; synchronous snapshot of small ranges. */
  readonly range: (span: {
    readonly from: string
    readonly below: string
    readonly limit: number
    readonly reverse?: boolean
  }) => Promise<readonly StorePut[]>
}

/** The store as it was when the view was made, whatever is written since; it costs space until it is closed. */
export type StoreView = StoreReads & { readonly close: () => Promise<void> }

/** Keys are printable ASCII in bytewise order. */
export type Store = StoreReads & {
  /** All or nothing, on disk when it resolves. A rejection is indeterminate: the process must stop. */
  readonly write: (change: StoreChange) => Promise<void>
  readonly view: () => StoreView
  readonly close: () => Promise<void>
}
