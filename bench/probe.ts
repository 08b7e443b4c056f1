// What the benchmark asks of a validator's process, and what the process answers: the protocol of bench/probe-preload.ts.

/** Times are since the beginning of the window. */
export type ProbeFigures = {
  /** User and system time of all threads. */
  readonly cpuMicros: number
  /** The same of the main thread alone. */
  readonly mainMicros: number
  /** The same of the threads on which V8 collects garbage and compiles; 0 where the system does not tell. */
  readonly engineMicros: number
  /** The same of worker threads, which check proofs. */
  readonly workerMicros: number
  readonly loopDelayP99Ms: number
  /** Part of the main thread's busy time that went to collecting garbage. */
  readonly gcShare: number
  readonly residentBytes: number
  /** Bytes handed to the disk, journal and rewriting by the store included. */
  readonly writtenBytes: number
}

/** Functions that ran on the main thread. */
export type Profile = readonly ProfileNode[]

/** A function as called on one way from the root; its parent stands before it. */
export type ProfileNode = {
  readonly parent: number
  readonly name: string
  readonly url: string
  /** Samples in which it ran itself. */
  readonly hits: number
}

export type ProbeAsk =
  | { readonly kind: 'probe-begin' }
  | { readonly kind: 'probe-end' }
  | { readonly kind: 'profile-begin'; readonly everyMicros: number }
  | { readonly kind: 'profile-end' }

export type ProbeAnswer =
  | { readonly kind: 'begun' }
  | { readonly kind: 'probe-ended'; readonly figures: ProbeFigures }
  | { readonly kind: 'profile-ended'; readonly profile: Profile }
