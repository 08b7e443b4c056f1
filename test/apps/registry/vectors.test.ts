// The registry's bytes are those that were frozen.
import t from 'tap'
import { registry } from '../../../apps/registry/index.ts'
import { roleSet } from '../../../apps/registry/roles.ts'
import {
  accountCodec,
  accounts,
  founders,
  organizationCodec,
  organizations,
  rotationCodec,
  rotations,
  validatorSet,
} from '../../../apps/registry/state.ts'
import type { Hex } from '../../../vm/types.ts'
import { checkGolden, sample } from '../golden.ts'

const id = (pair: string): Hex => `0x${pair.repeat(32)}`

const samples = [
  sample(organizations.key(id('0a')), organizationCodec, {
    name: 'Sample insurance',
    kind: 'insurer',
    status: 'suspended',
    founding: true,
  }),
  sample(accounts.key(id('1c')), accountCodec, {
    organization: id('0a'),
    roles: ['insurer', 'admin', 'treasurer'],
    status: 'active',
    keys: [
      { publicKey: id('21'), status: 'revoked', fromMs: 0, untilMs: null },
      {
        publicKey: id('22'),
        status: 'active',
        fromMs: 1_700_000_000_000,
        untilMs: 1_800_000_000_000,
      },
    ],
    encryptionKey: id('2e'),
  }),
  sample(accounts.key(id('1d')), accountCodec, {
    organization: null,
    roles: ['patient'],
    status: 'suspended',
    keys: [{ publicKey: id('23'), status: 'active', fromMs: 5, untilMs: null }],
    encryptionKey: null,
  }),
  sample(founders.key(), founders.value, [id('0a'), id('0b')]),
  sample(validatorSet.key(), validatorSet.value, [
    { account: id('1c'), organization: id('0a'), consensusKey: id('31'), peerKey: id('32') },
  ]),
  sample(rotations.key(), rotationCodec, {
    due: id('1c'),
    misses: [{ validator: id('1d'), length: 16, since: 300, until: 316 }],
  }),
]

t.test('tags, payloads and state values', async (t) => {
  checkGolden(t, registry, samples)
})

t.test('a role set has one spelling and known roles only', async (t) => {
  for (const mask of [2 ** 19, -1, 1.5, 'doctor'])
    t.throws(() => roleSet.fromCbor(mask), /expected a set of roles/)
  t.throws(() => roleSet.fromJson(['doctor', 'doctor']), /a role is named twice/)
  t.throws(() => roleSet.fromJson(['doctor', 'wizard']), /\[1\] is no role/)
  t.throws(() => roleSet.fromJson('doctor'), /expected an array of roles/)
})
