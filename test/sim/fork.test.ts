// The simulator sees a fork: 2q - n validators that run twice make one, one fewer does not, and votes convict those alone.
import t from 'tap'
import { installNativeSha256 } from '../../node/crypto/sha256.ts'
import { faults, quorum } from '../../vm/quorum.ts'
import { findFork } from './fork.ts'
import { real } from './signatures.ts'

installNativeSha256()

for (const validators of [4, 5, 7]) {
  const byzantine = 2 * quorum(validators, 'pbft') - validators
  t.test(`${byzantine} of ${validators} validators that run twice fork the chain`, async (t) => {
    const fork = await findFork({ seed: validators, validators, byzantine })
    t.ok(fork, 'a fork')
    t.ok((fork?.culprits.length ?? 0) > faults(validators, 'pbft'), 'f + 1 are convicted')
    const innocent = fork?.culprits.filter((place) => !fork.twins.includes(place))
    t.strictSame(innocent, [], 'and nobody honest')
    const fewer = { seed: validators, validators, byzantine: byzantine - 1 }
    t.equal(await findFork(fewer), undefined, 'one fewer does not')
  })
}

t.test('a fork under real signatures is the same', async (t) => {
  const options = { seed: 1, validators: 4, byzantine: 2 }
  t.strictSame(await findFork({ ...options, signatures: real }), await findFork(options))
})
