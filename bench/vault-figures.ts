// The vault's figures on one core: what each step must cost and what it does.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadLogarithms } from '../node/crypto/logarithms.ts'
import { createNativeSuite } from '../node/crypto/suite.ts'
import { basesOf } from '../vm/crypto/bases.ts'
import type { DiscreteLog } from '../vm/crypto/discrete-log.ts'
import { useGroup } from '../vm/crypto/execution-group.ts'
import type { Group } from '../vm/crypto/group.ts'
import type { RecordFigures } from './records.ts'
import type { VaultFigure } from './report.ts'
import { measureSteps } from './vault-steps.ts'
import { measureReplicated } from './vault-steps-replicated.ts'

/** The table as an insurer has it from the second start on: read from its file. */
async function cachedLogarithms<P>(group: Group<P>): Promise<DiscreteLog> {
  const folder = await mkdtemp(join(tmpdir(), 'epione-bench-'))
  try {
    const path = join(folder, 'logarithms.bin')
    const base = group.encode(basesOf(group).H)
    await loadLogarithms(path, base)
    return await loadLogarithms(path, base)
  } finally {
    await rm(folder, { recursive: true })
  }
}

export async function measureVault(
  records: RecordFigures,
  microsPerUnit: number,
): Promise<VaultFigure[]> {
  const suite = await createNativeSuite()
  useGroup(suite.group)
  const steps = measureSteps(suite, await cachedLogarithms(suite.group))
  const replicated = measureReplicated(suite)
  const figure =
    (of: VaultFigure['of'], per: number) =>
    (step: string, must: number | null, measured: number): VaultFigure => ({
      ...{ step, must, of },
      measured: measured / per,
    })
  const units = figure('units', microsPerUnit)
  const bytes = figure('bytes', 1)
  return [
    units('record verified alone', 110, 1e6 / records.checkedAlonePerSecond),
    units('record verified in a batch of 8', 75, 1e6 / records.checkedInBatchPerSecond),
    units('record made in a batch of 8', 700, 1e6 / records.madeInBatchPerSecond),
    units('record made alone', 850, 1e6 / records.madeAlonePerSecond),
    units('response made', 40, steps.responseMade),
    units('response checked', 40, steps.responseChecked),
    units('three responses combined', 30, steps.combined),
    units('share complaint judged', 50, steps.complaintJudged),
    units('sum of 2^32 - 1 decrypted, table from its file', 1_000, steps.decrypted),
    bytes('envelope of a record alone', 1_250, records.bytesAlone),
    bytes('envelope of a record in a batch of 8', 500, records.bytesInBatch),
    units('replicated: record made', null, replicated.recordMade),
    units('replicated: record checked', null, replicated.recordChecked),
    units('replicated: share complaint judged', null, replicated.complaintJudged),
    units('replicated: masked answer for two classes made', null, replicated.answerMade),
    units('replicated: masked answer for two classes checked', null, replicated.answerChecked),
  ]
}
