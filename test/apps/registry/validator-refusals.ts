// Refused changes of validators and refused evidence, each with what comes before it.
import { VOTE_WINDOW_MAX_MS } from '../../../apps/registry/proposal.ts'
import { USED_PROPOSALS_MAX, usedProposals } from '../../../apps/registry/state.ts'
import type { ValidatorChange } from '../../../apps/registry/validator-change.ts'
import { digest } from '../../../vm/hash.ts'
import { VALIDATORS_MAX } from '../../../vm/limits.ts'
import { fresh } from './refusal-case.ts'
import { type SceneCase, seatOf } from './scene.ts'

const key = (name: string) => fresh(name).publicKey

const changes: readonly SceneCase[] = [
  {
    why: 'a seat for who was not admitted as candidate',
    code: 'CANDIDATE_UNKNOWN',
    act: ({ change, world }) =>
      change({
        kind: 'add',
        account: world.id('helper-1'),
        organization: world.organization('helper-1'),
        consensusKey: key('consensus'),
        peerKey: key('peer'),
      }),
  },
  {
    why: 'a seat in the name of another organization',
    code: 'CANDIDATE_UNKNOWN',
    act: ({ change, world, join }) => {
      const add = join('helper-1')
      const organization = world.organization('hospital')
      return () => change({ ...add, organization } as ValidatorChange)
    },
  },
  {
    why: 'a candidate that lost the role since',
    code: 'ROLE_MISSING',
    act: ({ change, world, join }) => {
      const add = join('helper-1')
      world.act('registry.set-roles', { account: add.account, roles: ['helper'] }, 'helper-1')
      return () => change(add)
    },
  },
  {
    why: 'other keys for a seat before the new node has caught up',
    code: 'CANDIDATE_NOT_READY',
    act: ({ change, renew }) => {
      const renewal = renew('insurer', { ready: false })
      return () => change(renewal)
    },
  },
  {
    why: 'a second seat for one account',
    code: 'SEAT_TAKEN',
    act: (scene) => scene.change({ kind: 'add', ...seatOf(scene, 'insurer') }),
  },
  {
    why: 'the seat of who has none',
    code: 'NOT_SEATED',
    act: ({ change, world }) => change({ kind: 'remove', account: world.id('helper-1') }),
  },
  {
    why: 'keys for the seat of who has none',
    code: 'NOT_SEATED',
    act: ({ change, world }) =>
      change({
        kind: 'replace-keys',
        account: world.id('helper-1'),
        consensusKey: key('consensus'),
        peerKey: key('peer'),
      }),
  },
  {
    why: 'too few votes',
    code: 'QUORUM_MISSING',
    act: ({ change, remove }) => change(remove('hospital'), ['hospital', 'insurer']),
  },
  {
    why: 'a vote for something else',
    code: 'VOTE_SIGNATURE',
    act: ({ names, proposal, remove, submit, vote }) => {
      const other = proposal(remove('insurer'))
      return submit(
        proposal(remove('hospital')),
        names.map((name) => vote(name, other)),
      )
    },
  },
  {
    why: 'a window of more than thirty days',
    code: 'WINDOW_LENGTH',
    act: ({ names, proposal, remove, submit, vote, timeMs }) => {
      const window = { fromMs: timeMs(), untilMs: timeMs() + VOTE_WINDOW_MAX_MS + 1 }
      const long = proposal(remove('hospital'), window)
      return submit(
        long,
        names.map((name) => vote(name, long)),
      )
    },
  },
  {
    why: 'a window that is over',
    code: 'WINDOW_CLOSED',
    act: ({ names, proposal, remove, submit, vote, timeMs }) => {
      const over = proposal(remove('hospital'), { untilMs: timeMs() - 1 })
      return submit(
        over,
        names.map((name) => vote(name, over)),
      )
    },
  },
  {
    why: 'votes that took effect already',
    code: 'PROPOSAL_USED',
    act: ({ names, proposal, renew, submit, vote, endBlock }) => {
      const change = renew('insurer')
      const wanted = proposal(change)
      const votes = names.map((name) => vote(name, wanted))
      submit(wanted, votes)
      endBlock()
      return () => submit(wanted, votes)
    },
  },
  {
    why: 'a thousand proposals in one window',
    code: 'PROPOSALS_FULL',
    before: ({ world, timeMs }) =>
      usedProposals.put(
        world.state,
        Array.from({ length: USED_PROPOSALS_MAX }, (_, index) => ({
          id: digest('test', new Uint8Array([index >> 8, index & 255])),
          untilMs: timeMs(),
        })),
      ),
    act: ({ change, remove }) => change(remove('hospital')),
  },
  {
    why: 'two changes in one block',
    code: 'CHANGE_IN_BLOCK',
    before: ({ change, remove }) => change(remove('hospital')),
    act: ({ change, remove }) => change(remove('insurer')),
  },
  {
    why: 'nobody left',
    code: 'VALIDATOR_LAST',
    validators: 1,
    act: ({ change, remove }) => change(remove('hospital')),
  },
  {
    why: 'one more than a set may have',
    code: 'SET_FULL',
    validators: VALIDATORS_MAX,
    act: ({ change, join }) => {
      const add = join('helper-1')
      return () => change(add)
    },
  },
  {
    why: 'too few that are alive',
    code: 'TOO_FEW_ALIVE',
    validators: 3,
    before: ({ set, endBlock }) => {
      const last = set()[2]?.account
      endBlock(last)
      endBlock(last)
    },
    act: ({ change, remove, names }) => change(remove(names[2] ?? '')),
  },
]

const commit = (id: number, height = 1) =>
  ({ kind: 'commit', height, view: 0, blockId: digest('test', new Uint8Array([id])) }) as const

const accusations: readonly SceneCase[] = [
  {
    why: 'evidence of one vote given twice',
    code: 'EVIDENCE_EMPTY',
    act: ({ accuse }) => accuse('hospital', commit(1), commit(1)),
  },
  {
    why: 'evidence signed for another chain',
    code: 'EVIDENCE_SIGNATURE',
    act: ({ world, consensusKey, consensusSign }) => {
      const elsewhere = digest('test', new Uint8Array([7]))
      const signed = (id: number) => ({
        vote: commit(id),
        signature: consensusSign('hospital', commit(id), elsewhere),
      })
      return world.act(
        'registry.evidence',
        { consensusKey: consensusKey('hospital'), first: signed(1), second: signed(2) },
        'insurer-admin',
      )
    },
  },
  {
    why: 'evidence about a height to come',
    code: 'EVIDENCE_AGE',
    act: ({ accuse }) => accuse('hospital', commit(1, 2), commit(2, 2)),
  },
  {
    why: 'evidence given twice',
    code: 'EVIDENCE_USED',
    before: ({ accuse, endBlock }) => {
      accuse('hospital', commit(1), commit(2))
      endBlock()
    },
    act: ({ accuse }) => accuse('hospital', commit(1), commit(3)),
  },
  {
    why: 'evidence against the last validator',
    code: 'VALIDATOR_LAST',
    validators: 1,
    act: ({ accuse }) => accuse('hospital', commit(1), commit(2)),
  },
]

export const validatorRefusals: readonly SceneCase[] = [...changes, ...accusations]
