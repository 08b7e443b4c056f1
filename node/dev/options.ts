// What a development network is asked to do.
import type { EngineKind } from '../../vm/quorum.ts'
import type { Cheat } from './cheat/frauds.ts'
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
  /** Shows this fraud on a small part of the data, and ends. */
  readonly cheat: Cheat | undefined
  /** One JSON object on stdout instead of tables. */
  readonly json: boolean
}

/** Milliseconds. */
export type Tempo = {
  readonly heartbeatMs?: number | undefined
  readonly baseTimeoutMs?: number | undefined
  readonly queryDeadlineMs?: number | undefined
  readonly complaintWindowMs?: number | undefined
}

/** What tests and frauds change in a run. No flag, setting or variable of the command line leads here, so nobody meets it by accident. */
export type Rehearsal = {
  /** Other windows than usual, in the genesis. */
  readonly tempo?: Tempo
  /** Makes the hospital record one invoice with another amount. */
  readonly misrecord?: { readonly invoice: string; readonly byMinorUnits: number }
  /** Within this time a second signal is the first one once more. */
  readonly sameSignalMs?: number
  /** Called when the keys are on the ledger and nobody records yet. */
  readonly beforeRecording?: () => Promise<void>
  /** Called with the home when everything is recorded and nobody has asked yet. */
  readonly beforeAsking?: (home: string) => Promise<void>
}
