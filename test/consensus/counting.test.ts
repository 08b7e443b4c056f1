// Checklist, quorum arithmetic: f + 1 is enough to follow, q to decide, for every size; who counts, and how often.
import t from 'tap'
import { verifyCommitCertificate } from '../../consensus/certificate.ts'
import { verifyMessage } from '../../consensus/verify.ts'
import { VALIDATORS_MAX } from '../../vm/limits.ts'
import { type EngineKind, honest, quorum } from '../../vm/quorum.ts'
import type { ReplicaIndex } from '../../vm/types.ts'
import { voteDigest } from '../../vm/vote.ts'
import {
  blocks,
  commit,
  configFor,
  contextFor,
  height,
  prepare,
  prepared,
  talk,
  timeout,
  viewChange,
} from './conversation.ts'
import { chainId, memberOf, signAs, verifySimulated as verifySignature } from './validators.ts'

const engines = ['pbft', 'poa'] as const
const sizes = Array.from({ length: VALIDATORS_MAX }, (_, index) => index + 1)
const signers = (n: number) => Array.from({ length: n }, (_, index) => index)

/** How many of the votes it takes until something is said that starts with `word`; undefined if it never is. */
function needed(
  replica: ReturnType<typeof talk>,
  votes: readonly Parameters<typeof replica.say>[0][],
  word: string,
): number | undefined {
  const first = votes.findIndex((vote) => replica.say(vote).some((said) => said.startsWith(word)))
  return first < 0 ? undefined : first + 1
}

const vote = { pbft: commit, poa: prepare } as const

t.test(
  'one formula: engine and certificates decide at q for n = 1..40, and at no fewer',
  async (t) => {
    const { blockId } = blocks.A
    for (const engine of engines) {
      for (const n of sizes) {
        const q = quorum(n, engine)
        const observer = talk({ n, self: null, engine })
        const votes = signers(n).map((signer) => vote[engine](signer, 0, 'A'))
        t.equal(needed(observer, votes, 'decide'), q, `${engine} ${n}`)
        const value = (count: number) => certificateOf(engine, n, signers(count))
        const set = configFor(n, null, engine)
        const check = { set, about: { height, blockId }, verifySignature }
        t.equal(verifyCommitCertificate({ ...check, value: value(q) }), undefined)
        if (q > 1) t.equal(verifyCommitCertificate({ ...check, value: value(q - 1) }), 'NO_QUORUM')
      }
    }
  },
)

function certificateOf(engine: EngineKind, n: number, by: readonly ReplicaIndex[]) {
  const { blockId } = blocks.A
  const kind = engine === 'pbft' ? 'commit' : 'prepare'
  const digest = voteDigest(chainId, { kind, height, view: 0, blockId })
  const signatures = by.map((signer) => signAs(memberOf(signer).publicKey, digest))
  return { ...prepared(n, 0, 'A', [...by]), signatures }
}

t.test('f + 1 in higher views are followed, for n = 2..40, and no fewer', async (t) => {
  for (const engine of engines) {
    for (const n of sizes.slice(1)) {
      const replica = talk({ n, self: 0, engine })
      const changes = signers(n)
        .slice(1)
        .map((signer) => viewChange(signer, 3))
      t.equal(needed(replica, changes, 'sign view-change(3'), honest(n, engine), `${engine} ${n}`)
    }
  }
})

t.test('q in a view start its timer, for n = 2..40: f + 1 are not enough', async (t) => {
  for (const engine of engines) {
    for (const n of sizes.slice(1)) {
      const replica = talk({ n, self: 0, engine })
      replica.say({ kind: 'due' })
      replica.say(timeout(0))
      const changes = signers(n)
        .slice(1)
        .map((signer) => viewChange(signer, 1))
      t.equal(
        needed(replica, changes, 'timer 1'),
        quorum(n, engine) - 1,
        `${engine} ${n}: and itself`,
      )
    }
  }
})

t.test('one validator counts once, however often and whatever it says', async (t) => {
  const observer = talk({ self: null })
  observer.say(commit(0, 0, 'A'))
  t.strictSame(observer.say(commit(0, 0, 'A')), ['drop'])
  observer.say(commit(1, 0, 'A'))
  t.strictSame(observer.say(commit(1, 0, 'B')), ['equivocation of 1'])
  t.strictSame(observer.say(commit(1, 0, 'A')), ['drop'])
  t.strictSame(
    observer.say(commit(2, 0, 'A')),
    ['decide A of 0'],
    'the third one, not a repetition',
  )
})

t.test('strangers and members of the next set alone count nothing', async (t) => {
  const joined = memberOf(9)
  const outsider = { ...commit(0, 0, 'A'), signer: 4 }
  t.match(verifyMessage(contextFor(4), outsider), { ok: false, reason: 'UNKNOWN_SIGNER' })
  const { blockId } = blocks.A
  const next = { kind: 'commit', height, view: 0, blockId, signer: 3 } as const
  const signature = signAs(joined.publicKey, voteDigest(chainId, next))
  const early = { ...next, signature }
  t.match(verifyMessage(contextFor(4), early), { ok: false, reason: 'BAD_SIGNATURE' })
  const { validators, ...rest } = contextFor(4).config
  const config = { ...rest, validators: [...validators.slice(0, 3), joined] }
  t.ok(verifyMessage({ ...contextFor(4), config }, early).ok, 'its turn comes with its set')
})
