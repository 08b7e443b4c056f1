// Refused candidates: who lets in whom, with which keys, and who says that it is ready.
import { CANDIDATES_PER_SPONSOR } from '../../../apps/registry/admit-candidate.ts'
import { suspensions } from '../../../apps/registry/state.ts'
import type { ValidatorChange } from '../../../apps/registry/validator-change.ts'
import type { JsonValue } from '../../../vm/codec.ts'
import type { Done } from '../world.ts'
import { fresh, mixedOrder, smallOrder } from './refusal-case.ts'
import { type Scene, type SceneCase, seatOf } from './scene.ts'

const key = (name: string) => fresh(name).publicKey

/** Keys for the seat of the hospital, unless the case says otherwise. */
const admit = (
  { world, account }: Scene,
  change: Readonly<Record<string, JsonValue>> = {},
  by = 'hospital-admin',
): Done =>
  world.act(
    'registry.admit-candidate',
    {
      account: account('hospital'),
      consensusKey: key('consensus'),
      peerKey: key('peer'),
      ...change,
    },
    by,
  )

const keysOf = (change: ValidatorChange) => {
  if (change.kind === 'remove') throw new Error('no keys')
  return { consensusKey: change.consensusKey, peerKey: change.peerKey }
}

export const candidateRefusals: readonly SceneCase[] = [
  {
    why: 'a candidate let in by an organization without a seat',
    code: 'NOT_SPONSOR',
    act: (scene) => admit(scene, {}, 'helper-1'),
  },
  {
    why: 'a candidate let in by a clerk of an organization with a seat',
    code: 'NOT_SPONSOR',
    act: (scene) => admit(scene, {}, 'hospital'),
  },
  {
    why: 'a candidate whose account may not validate',
    code: 'ROLE_MISSING',
    act: (scene) => admit(scene, { account: scene.world.id('hospital') }),
  },
  {
    why: 'two candidates of one account',
    code: 'CANDIDATE_EXISTS',
    before: (scene) => admit(scene),
    act: (scene) => admit(scene, { consensusKey: key('other'), peerKey: key('other peer') }),
  },
  {
    why: 'more candidates than a sponsor may have',
    code: 'CANDIDATES_FULL',
    before: ({ join }) => {
      for (let count = 1; count <= CANDIDATES_PER_SPONSOR; count++)
        join(`helper-${count}`, { sponsor: 'hospital' })
    },
    act: (scene) => admit(scene),
  },
  {
    why: 'the consensus key of another validator',
    code: 'KEY_IN_USE',
    act: (scene) => admit(scene, { consensusKey: seatOf(scene, 'insurer').consensusKey }),
  },
  {
    why: 'the consensus key of another validator as network key',
    code: 'KEY_IN_USE',
    act: (scene) => admit(scene, { peerKey: seatOf(scene, 'insurer').consensusKey }),
  },
  {
    why: 'the own consensus key as network key',
    code: 'KEY_IN_USE',
    act: (scene) => admit(scene, { peerKey: seatOf(scene, 'hospital').consensusKey }),
  },
  {
    why: 'one new key for both',
    code: 'KEY_IN_USE',
    act: (scene) => admit(scene, { peerKey: key('consensus') }),
  },
  {
    why: 'the key of a candidate',
    code: 'KEY_IN_USE',
    act: (scene) => {
      const { consensusKey } = keysOf(scene.join('helper-1'))
      return () => admit(scene, { consensusKey })
    },
  },
  {
    why: 'the key with which an account behind a seat signs',
    code: 'KEY_IN_USE',
    act: (scene) => admit(scene, { consensusKey: scene.world.keys('insurer-validator').publicKey }),
  },
  {
    why: 'a key that evidence was given against',
    code: 'KEY_SUSPENDED',
    before: ({ world }) => suspensions.put(world.state, 5, key('consensus')),
    act: (scene) => admit(scene),
  },
  {
    why: 'the keys that the seat has',
    code: 'KEYS_SAME',
    act: (scene) => {
      const { consensusKey, peerKey } = seatOf(scene, 'hospital')
      return admit(scene, { consensusKey, peerKey })
    },
  },
  {
    why: 'a consensus key of small order',
    code: 'KEY_UNACCEPTABLE',
    act: (scene) => admit(scene, { consensusKey: smallOrder }),
  },
  {
    why: 'a network key outside the prime-order group',
    code: 'KEY_UNACCEPTABLE',
    act: (scene) => admit(scene, { peerKey: mixedOrder }),
  },
  {
    why: 'no candidate to take back',
    code: 'CANDIDATE_UNKNOWN',
    act: ({ world, account }) =>
      world.act('registry.withdraw-candidate', { account: account('hospital') }, 'hospital-admin'),
  },
  {
    why: "another organization's candidate taken back",
    code: 'NOT_ADMIN',
    before: (scene) => admit(scene),
    act: ({ world, account }) =>
      world.act('registry.withdraw-candidate', { account: account('hospital') }, 'insurer-admin'),
  },
  {
    why: 'readiness of who is no candidate',
    code: 'NOT_CANDIDATE',
    act: ({ world }) =>
      world.act(
        'registry.validator-ready',
        { consensusKey: key('consensus') },
        'hospital-validator',
      ),
  },
  {
    why: "readiness for another's candidate",
    code: 'NOT_CANDIDATE',
    before: (scene) => admit(scene),
    act: ({ world }) =>
      world.act(
        'registry.validator-ready',
        { consensusKey: key('consensus') },
        'insurer-validator',
      ),
  },
  {
    why: 'readiness said twice',
    code: 'READY_ALREADY',
    before: ({ renew }) => renew('hospital'),
    act: ({ world, consensusKey }) =>
      world.act(
        'registry.validator-ready',
        { consensusKey: consensusKey('hospital') },
        'hospital-validator',
      ),
  },
]
