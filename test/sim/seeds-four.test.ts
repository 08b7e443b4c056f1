// Networks of four validators in virtual time, 180 times: see seeds.ts.
import t from 'tap'
import { checkSeeds } from './seeds.ts'

t.test('Networks of four validators decide 20 heights whatever happens', (t) =>
  checkSeeds(t, { validators: 4, first: 1, last: 180 }),
)
