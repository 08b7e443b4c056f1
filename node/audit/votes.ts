// The kept votes of a store: who signed two that contradict each other. It is no damage: the store is sound, a validator was not.

import { findDoubleVotes, isSigned, keptVotesCodec } from '../../client/signed-vote.ts'
import type { VerifySignature } from '../../consensus/certificate.ts'
import type { Digest, Height, PublicKey } from '../../vm/types.ts'
import { decodeRecord, unseal } from '../ledger/records.ts'
import { heightOfKey } from '../store/keys.ts'
import type { StoreReads } from '../store/port.ts'
import { type Finding, findingOf, report } from './finding.ts'
import { scan } from './scan.ts'

export type VotesAudit = {
  readonly store: StoreReads
  readonly chainId: Digest
  readonly verifySignature: VerifySignature
}

export async function auditVotes(
  audit: VotesAudit,
  top: Height,
): Promise<{ readonly accused: readonly PublicKey[]; readonly finding: Finding | undefined }> {
  const accused = new Set<PublicKey>()
  for await (const { key, value } of scan(audit.store, 'w/')) {
    const height = heightOfKey(key)
    const finding = findingOf(Math.min(height, top), () => {
      const votes = decodeRecord(keptVotesCodec, key, unseal(key, value))
      if (height > top || votes.some(({ vote }) => vote.height !== height))
        report(Math.min(height, top), `the record ${key} has votes of another height`)
      // Late votes were kept as they came.
      const signed = votes.filter((one) => isSigned(audit, one))
      for (const { first } of findDoubleVotes(signed)) accused.add(first.consensusKey)
    })
    if (finding !== undefined) return { accused: [], finding }
  }
  return { accused: [...accused], finding: undefined }
}
