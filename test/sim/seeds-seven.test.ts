// Networks of seven validators in virtual time, 20 times: see seeds.ts.
import t from 'tap'
import { checkSeeds } from './seeds.ts'

t.test('Networks of seven validators decide 20 heights whatever happens', (t) =>
  checkSeeds(t, { validators: 7, first: 1, last: 20 }),
)
