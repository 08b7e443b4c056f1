// A validator that was away says that it is back, so that its turns in view 0 begin again (consensus.md, Primary).
import { skipOf } from '../apps/registry/rotation.ts'
import { getRotation } from '../apps/registry/state.ts'
import { validatorReady } from '../apps/registry/validator-ready.ts'
import type { TransactionSigner } from '../client/signer.ts'
import { act, signTransaction } from '../client/transaction.ts'
import type { Height } from '../vm/types.ts'
import type { Admission } from './admission.ts'
import type { Clock } from './clock.ts'
import type { Ledger } from './ledger/types.ts'
import type { Logger } from './logger.ts'
import type { Committed } from './replica/settle.ts'

export type ReadinessPorts = {
  readonly ledger: Ledger
  /** The validator's account; undefined if its key is not in the home. */
  readonly signer: TransactionSigner | undefined
  readonly submit: (envelope: Uint8Array) => Promise<Admission>
  readonly clock: Clock
  readonly log: Logger
}

const VALID_MS = 60_000

/** To be called after each commit. Being slow is no reason: only who was away, and votes again, says so. */
export function createReadiness(ports: ReadinessPorts): (committed: Committed) => void {
  const { ledger, signer, log } = ports
  let wasAway = true
  let saidAt: Height = 0

  const say = async (height: Height): Promise<void> => {
    if (signer === undefined) return
    saidAt = height
    const signed = await signTransaction({
      chainId: ledger.rules.chainId,
      act: act(validatorReady, { consensusKey: null }),
      validUntil: ports.clock.nowMs() + VALID_MS,
      signers: [signer],
    })
    const admission = await ports.submit(signed.bytes)
    log.info({ height, admission: admission.kind }, 'says that it is back')
  }

  return ({ way, executed }) => {
    const { height } = executed.header
    if (way === 'fetched') wasAway = true
    if (way === 'fetched' || signer === undefined) return
    const rotation = getRotation(ledger.state())
    const skip = skipOf(rotation, signer.account, height + 1)
    if (skip === undefined) wasAway = false
    else if (wasAway && skip.since > saidAt) {
      say(height).catch((error: unknown) => log.error({ err: error }, 'cannot say that it is back'))
    }
  }
}
