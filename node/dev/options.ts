// What a development network is asked to do.
import type { EngineKind } from '../../vm/quorum.ts'
import type { Sharing } from './sharing.ts'

export type DevOptions = {
  /** Folder of Synthea's CSV files. */
  readonly data: string
  /** End when the job is done. */
  readonly once: boolean
  /** Kept and used again if given; else a temporary folder. */
  readonly home: string | undefined
  /** Validators and funded accounts only. */
  readonly empty: boolean
  readonly validators: number
  readonly engine: EngineKind
  readonly sharing: Sharing
  /** One JSON object on stdout instead of tables. */
  readonly json: boolean
}

/** What tests change in a run. No flag, setting or variable of the command line leads here, so nobody meets it by accident. */
export type Rehearsal = {
  /** A shorter deadline of queries, in the genesis. */
  readonly queryDeadlineMs?: number
  /** Makes the hospital record one invoice with another amount. */
  readonly misrecord?: { readonly invoice: string; readonly byMinorUnits: number }
  /** Within this time a second signal is the first one once more. */
  readonly sameSignalMs?: number
  /** Called with the home when everything is recorded and nobody has asked yet. */
  readonly beforeAsking?: (home: string) => Promise<void>
}
