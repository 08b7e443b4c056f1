// The registry's bytes are those that were frozen.
import t from 'tap'
import { registry } from '../../../apps/registry/index.ts'
import { proposalHash } from '../../../apps/registry/proposal.ts'
import { roleSet } from '../../../apps/registry/roles.ts'
import {
  accountCodec,
  accounts,
  candidates,
  founders,
  organizationCodec,
  organizations,
  pastSets,
  pendingSets,
  rotationCodec,
  rotations,
  setHeights,
  settings,
  suspensions,
  usedProposals,
  validatorSet,
} from '../../../apps/registry/state.ts'
import { forkHash } from '../../../genesis/fork.ts'
import { toHex } from '../../../vm/bytes.ts'
import type { Hex } from '../../../vm/types.ts'
import { checkGolden, sample } from '../golden.ts'

const id = (pair: string): Hex => `0x${pair.repeat(32)}`

const validator = {
  account: id('1c'),
  organization: id('0a'),
  consensusKey: id('31'),
  peerKey: id('32'),
}

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
  sample(validatorSet.key(), validatorSet.value, [validator]),
  sample(rotations.key(), rotationCodec, {
    due: id('1c'),
    misses: [{ validator: id('1d'), length: 16, since: 300, until: 316, ready: true }],
  }),
  sample(settings.key(), settings.value, { evidenceHeights: 1_000 }),
  sample(pendingSets.key(), pendingSets.value, [{ from: 302, validators: [validator] }]),
  sample(candidates.key(), candidates.value, [
    { ...validator, sponsor: id('0b'), readyMs: null },
    { ...validator, sponsor: id('0b'), readyMs: 1_700_000_000_000 },
  ]),
  sample(setHeights.key(), setHeights.value, [1, 302]),
  sample(pastSets.key(302), pastSets.value, [validator]),
  sample(usedProposals.key(), usedProposals.value, [{ id: id('41'), untilMs: 1_700_000_000_000 }]),
  sample(suspensions.key(id('31')), suspensions.value, 300),
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

t.test('what admins sign is what was frozen', async (t) => {
  const change = {
    kind: 'replace-keys',
    account: id('1c'),
    consensusKey: id('31'),
    peerKey: id('32'),
  } as const
  const proposal = { change, fromMs: 1_700_000_000_000, untilMs: 1_700_600_000_000 }
  t.equal(
    toHex(proposalHash(id('01'), proposal)),
    '0x48eddd88b85b7ca8173596d9c135b107d639dbde62d1404844cbc146d30fbb0d',
  )
  t.equal(
    toHex(forkHash(id('01'))),
    '0xcf7a1c0ac984a56022d85ef853cce92aa8b5414c9fe4047bffdffd48b7de0b39',
  )
})
