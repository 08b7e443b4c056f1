// No decoder does more than its input is long: counted in blocks of code that ran, never in time.
import t from 'tap'
import { createWorkCounter } from './work.ts'

// Before the code that is counted is loaded.
const counter = createWorkCounter()
const { quadratic } = await import('./canary.ts')
const { inputsOf } = await import('./inputs.ts')
const { largeInputs } = await import('./large.ts')
const { targets } = await import('./targets.ts')
t.teardown(counter.stop)

/** Three times what the costliest takes: a byte is an item that is looked at by tokenizer, array and codec. */
const BLOCKS_PER_BYTE = 45
/** Settings are looked through for each input, however short. */
const BLOCKS_FREE = 12_000
const SMALL = 100

type Target = (typeof targets)[number]

/** What the inputs took, over what they may take. */
async function share(target: Target, inputs: readonly Uint8Array[]): Promise<number> {
  const blocks = await counter.count(async () => {
    for (const input of inputs) await target.read(input)
  })
  const allowed = inputs.reduce(
    (sum, { length }) => sum + BLOCKS_FREE + BLOCKS_PER_BYTE * length,
    0,
  )
  return blocks / allowed
}

t.test('work beyond the size of the input is seen', async (t) => {
  t.ok((await share(quadratic, [new Uint8Array(2_000)])) > 1)
  t.ok((await share(quadratic, [new Uint8Array(100)])) < 1, 'where it matters')
})

// What checks proofs has a fixed cost for each, in mathematics that is not counted.
for (const target of targets.filter(({ inputsPerTest }) => inputsPerTest === undefined)) {
  t.test(target.name, async (t) => {
    const small = [...inputsOf(target, 3, SMALL)].map(({ bytes }) => bytes)
    const large = largeInputs(target)
    const shares = { small: await share(target, small), large: await share(target, large) }
    t.ok(shares.small > 0, 'it is counted')
    t.ok(shares.small < 1, `small inputs took ${shares.small} of what they may`)
    t.ok(shares.large < 1, `large inputs took ${shares.large} of what they may`)
  })
}
