// The fuzzer can see: decoders that are broken on purpose are found within the inputs that every target gets.
import t from 'tap'
import { canaries } from './canary.ts'
import { runTarget } from './run.ts'

for (const { target, fault } of canaries) {
  t.test(`a decoder that ${target.name.replaceAll('-', ' ')} is found`, async (t) => {
    const { failures } = await runTarget(target, { inputs: 10_000, seed: 1 })
    const [first] = failures
    t.match(first?.fault, fault)
    const inputs = Math.min(10_000, 1 + (first?.index ?? 0))
    const again = await runTarget(target, { inputs, seed: 1 })
    t.equal(again.failures[0]?.hex, first?.hex, 'one seed finds the same input')
  })
}
