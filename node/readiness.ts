// A validator that was away says that it is back, and a candidate that it has caught up: what the chain takes for alive.
import { skipOf } from '../apps/registry/rotation.ts'
import { getRotation } from '../apps/registry/state.ts'
import { isReadyDue, validatorReady } from '../apps/registry/validator-ready.ts'
import type { TransactionSigner } from '../client/signer.ts'
import { act, signTransaction } from '../client/transaction.ts'
import { toHex, u64 } from '../vm/bytes.ts'
import type { Height, PublicKey, TimeMs } from '../vm/types.ts'
import type { Admission } from './admission.ts'
import type { Clock } from './clock.ts'
import type { Ledger } from './ledger/types.ts'
import type { Logger } from './logger.ts'
import type { Committed } from './replica/settle.ts'

export type ReadinessPorts = {
  readonly ledger: Ledger
  /** The validator's account; undefined if its key is not in the home. */
  readonly signer: TransactionSigner | undefined
  /** The consensus key of this node. */
  readonly publicKey: PublicKey
  readonly isBehind: () => boolean
  readonly submit: (envelope: Uint8Array) => Promise<Admission>
  readonly clock: Clock
  readonly log: Logger
  /** The process must stop: what it reads may be damaged. */
  readonly onFailure: (error: unknown) => void
}

const VALID_MS = 60_000
/** So long a candidate waits for what it said before it says it again. */
const PATIENCE_MS = 30_000

/** To be called after each commit. Being slow is no reason: only who was away, and votes again, says so. */
export function createReadiness(ports: ReadinessPorts): (committed: Committed) => void {
  const { ledger, signer, publicKey, log } = ports
  let wasAway = true
  let saidAt: Height = 0
  let saidMs: TimeMs = 0

  const say = async (height: Height, consensusKey: PublicKey | null): Promise<void> => {
    if (signer === undefined) return
    saidAt = height
    saidMs = ports.clock.nowMs()
    const signed = await signTransaction({
      chainId: ledger.rules.chainId,
      act: act(validatorReady, { consensusKey }),
      validUntil: ports.clock.nowMs() + VALID_MS,
      signers: [signer],
      // No chance in it: a node does the same in the same situation.
      salt: toHex(u64(BigInt(height))),
    })
    const admission = await ports.submit(signed.bytes)
    log.info({ height, admission: admission.kind }, 'says that it is ready')
  }
  const attempt = (height: Height, consensusKey: PublicKey | null): void => {
    say(height, consensusKey).catch(ports.onFailure)
  }
  const isCandidateReady = (timeMs: TimeMs): boolean => {
    if (signer === undefined || ports.isBehind()) return false
    if (ports.clock.nowMs() - saidMs < PATIENCE_MS) return false
    const node = { account: signer.account, consensusKey: publicKey }
    return isReadyDue(ledger.state(), node, timeMs)
  }

  return ({ way, executed }) => {
    const { height, timeMs } = executed.header
    if (isCandidateReady(timeMs)) attempt(height, publicKey)
    if (way === 'fetched') wasAway = true
    if (way === 'fetched' || signer === undefined) return
    const rotation = getRotation(ledger.state())
    const skip = skipOf(rotation, signer.account, height + 1)
    if (skip === undefined) wasAway = false
    else if (wasAway && skip.since > saidAt) attempt(height, null)
  }
}
