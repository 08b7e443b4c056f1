// Below the whole blocks: what is left of old ones, and the set chain and the headers that lead to an adopted state.
import type { Height } from '../../vm/types.ts'
import { heightOfKey } from '../store/keys.ts'
import {
  type BlockAudit,
  checkCertificate,
  checkHeader,
  checkIds,
  type Link,
  nextSet,
  type Tally,
} from './blocks.ts'
import { type Finding, findingOf, report, required } from './finding.ts'
import { scan } from './scan.ts'

export type OldBlocks = {
  readonly link: Link
  readonly tally: Tally
  readonly finding: Finding | undefined
}

type Step = { readonly link: Link; readonly tally: Tally; readonly isCertified: boolean }

/** A header that follows on the one before, or one that its own certificate proves. */
function auditHeader(audit: BlockAudit, before: Step, height: Height): Step {
  const { history, store } = audit
  const { link, tally } = before
  const found = required(history.header(height), { height, what: `the header of block ${height}` })
  if (height === link.header.height + 1) checkHeader(found, link)
  else {
    const { header } = found
    if (!before.isCertified)
      report(link.header.height, 'nothing follows the header, nobody signed it')
    if (header.height !== height) report(height, `the header says height ${header.height}`)
    if (header.chainId !== link.header.chainId) report(height, 'the header is of another chain')
  }
  const isCertified = history.certificate(height) !== undefined
  if (isCertified) checkCertificate(audit, found, link)
  const ids = history.leaves.ids(height)
  if (ids !== undefined) checkIds(audit, { header: found.header, ids })
  const validators = nextSet(store, found.header, link.validators)
  return {
    link: { ...found, validators },
    isCertified,
    tally: {
      ...tally,
      headers: tally.headers + 1,
      certificates: tally.certificates + (isCertified ? 1 : 0),
      idLists: tally.idLists + (ids === undefined ? 0 : 1),
      transactions: tally.transactions + (ids?.length ?? 0),
      sets: tally.sets + (validators === link.validators ? 0 : 1),
    },
  }
}

/** All headers between block 0 and the lowest whole block, whose parent must be among them and certified. */
export async function auditOld(
  audit: BlockAudit,
  first: Pick<OldBlocks, 'link' | 'tally'>,
  lowest: Height,
): Promise<OldBlocks> {
  let step: Step = { ...first, isCertified: true }
  for await (const { key } of scan(audit.store, 'b/')) {
    const height = heightOfKey(key)
    if (height === 0) continue
    if (height >= lowest) break
    const finding = findingOf(height, () => {
      step = auditHeader(audit, step, height)
    })
    if (finding !== undefined) return { ...step, finding }
  }
  const { height } = step.link.header
  const isWhole = height === lowest - 1 && step.isCertified
  const what = `the certified header of block ${lowest - 1}, on which the whole blocks stand, is missing`
  return { ...step, finding: isWhole ? undefined : { height: lowest - 1, what } }
}
