// Networks of one validator in virtual time, 800 times: see seeds.ts.
import t from 'tap'
import { checkSeeds } from './seeds.ts'

t.test('Networks of one validator decide 20 heights whatever happens', (t) =>
  checkSeeds(t, { validators: 1, first: 1, last: 800 }),
)
