// The vault's figures: every step is done for real, and the table says what is reached.
import t from 'tap'
import { reportText } from '../../bench/tables.ts'
import { measureSteps } from '../../bench/vault-steps.ts'
import { measureReplicated } from '../../bench/vault-steps-replicated.ts'
import { createNativeSuite } from '../../node/crypto/suite.ts'
import { basesOf } from '../../vm/crypto/bases.ts'
import { createBabySteps, createDiscreteLog } from '../../vm/crypto/discrete-log.ts'
import { useGroup } from '../../vm/crypto/execution-group.ts'
import { aReport } from './reports.ts'

t.test('answers, sums and complaints are made, checked and judged', async (t) => {
  const suite = await createNativeSuite()
  useGroup(suite.group)
  const base = suite.group.encode(basesOf(suite.group).H)
  const log = createDiscreteLog(base, createBabySteps(base, 16))
  const costs = { ...measureSteps(suite, log), ...measureReplicated(suite) }
  for (const [step, micros] of Object.entries(costs)) t.ok(micros > 0, step)
})

t.test('the table tells what must be, what is, and whether that is enough', async (t) => {
  const report = aReport({ verificationsPerSecond: 20_000, knee: null, runs: [] })
  const vault = [
    { step: 'made', must: 40, measured: 39.6, of: 'units' as const },
    { step: 'checked', must: 40, measured: 40.4, of: 'units' as const },
    { step: 'sent', must: 1_250, measured: 1_239, of: 'bytes' as const },
    { step: 'judged', must: null, measured: 10, of: 'units' as const },
  ]
  const text = reportText({ ...report, vault })
  t.match(text, /made +40 +40 +units +reached/)
  t.match(text, /checked +40 +40 +units +not reached/)
  t.match(text, /sent +1250 +1239 +bytes +reached/)
  t.match(text, /judged +- +10 +units *\n/)
})
