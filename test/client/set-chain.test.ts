// The set chain: headers made by hand whose validators change, walked from the genesis set.
import { test } from 'tap'
import type { SetLinkAnswer } from '../../client/answers.ts'
import { createClient } from '../../client/client.ts'
import { followSets, startView, type TrustedView, verifyHeader } from '../../client/trusted-view.ts'
import { createVerifiedClient } from '../../client/verified-client.ts'
import { encodeCommitCertificate, formCertificate } from '../../consensus/certificate.ts'
import { blockId, encodeHeader } from '../../vm/block.ts'
import { toHex } from '../../vm/bytes.ts'
import { digest } from '../../vm/hash.ts'
import { quorum } from '../../vm/quorum.ts'
import { publicKeyOf, sign } from '../../vm/sign.ts'
import type { Digest } from '../../vm/types.ts'
import { type Validator, validatorsRoot } from '../../vm/validator.ts'
import { voteDigest } from '../../vm/vote.ts'

const chainId: Digest = digest('chain', new Uint8Array([1]))
const nowMs = 1_000_000

type Set = { readonly seeds: readonly Uint8Array[]; readonly validators: readonly Validator[] }

function makeSet(first: number): Set {
  const seeds = [0, 1, 2, 3].map((index) => new Uint8Array(32).fill(first + index))
  const validators = seeds.map((seed, index) => ({
    account: toHex(new Uint8Array(32).fill(index + 1)),
    organization: toHex(new Uint8Array(32).fill(index + 100)),
    consensusKey: toHex(publicKeyOf(seed)),
    peerKey: toHex(new Uint8Array(32).fill(first + index)),
  }))
  return { seeds, validators }
}

const a = makeSet(10)
const b = makeSet(20)
const c = makeSet(30)

/** The header of `height`, which names the set of the next one. */
function headerOf(height: number, parent: Digest, next: Set): Uint8Array {
  const nothing = digest('nothing', new Uint8Array())
  return encodeHeader({
    version: 1,
    chainId,
    height,
    timeMs: nowMs,
    parent,
    txRoot: nothing,
    receiptRoot: nothing,
    eventRoot: nothing,
    stateRoot: nothing,
    validatorsRoot: validatorsRoot(next.validators),
    proposer: toHex(new Uint8Array(32)),
  })
}

/** A header that names `next`, decided by the first quorum of `by`. */
function decide(
  height: number,
  { by, next }: { readonly by: Set; readonly next: Set },
): SetLinkAnswer {
  const parent = headerOf(height - 1, digest('nothing', new Uint8Array()), by)
  const header = headerOf(height, blockId(parent), next)
  const vote = { kind: 'commit', height, view: 0, blockId: blockId(header) } as const
  const message = voteDigest(chainId, vote)
  const votes = by.seeds.map((seed, signer) => ({
    ...vote,
    signer,
    signature: sign(seed, message),
  }))
  const needed = votes.slice(0, quorum(votes.length, 'pbft'))
  const certificate = encodeCommitCertificate(formCertificate(needed, votes.length))
  return { proof: { header, certificate }, parent, validators: next.validators }
}

const first = startView({
  chainId,
  engine: 'pbft',
  heartbeatMs: 30_000,
  validators: a.validators,
})
const toB = decide(10, { by: a, next: b })
const toC = decide(20, { by: b, next: c })
const judgement = { nowMs }

function walked(links: readonly SetLinkAnswer[], from: TrustedView = first): TrustedView {
  const followed = followSets(from, links, judgement)
  if (!followed.ok) throw new Error(followed.detail)
  return followed.view
}

test('a header of a later set is believed after the set chain was walked, not before', (t) => {
  const { proof } = decide(25, { by: c, next: c })
  t.match(verifyHeader(first, proof, judgement), { ok: false, fault: 'NOT_CERTIFIED' })
  const halfway = walked([toB])
  t.match(verifyHeader(halfway, proof, judgement), { ok: false, fault: 'NOT_CERTIFIED' })
  const view = walked([toB, toC])
  t.match(verifyHeader(view, proof, judgement), { ok: true, view: { height: 25 } })
  t.same(walked([toC], halfway), view, 'in one walk or in two')
  t.same(walked([toB, toC], view), view, 'what is known is passed over')
  t.end()
})

test('history is judged by the set of its time', (t) => {
  const view = walked([toB, toC])
  const table = [
    { height: 10, by: a, next: b },
    { height: 11, by: b, next: b },
    { height: 20, by: b, next: c },
    { height: 21, by: c, next: c },
  ]
  for (const { height, by, next } of table) {
    for (const signers of [a, b, c]) {
      const { proof } = decide(height, { by: signers, next })
      const verdict = verifyHeader(view, proof, { nowMs, height })
      t.equal(verdict.ok, signers === by, `height ${height}`)
    }
  }
  t.end()
})

test('after a header that names an unknown set nothing newer is believed', (t) => {
  const verdict = verifyHeader(first, toB.proof, judgement)
  if (!verdict.ok) throw new Error(verdict.detail)
  const old = decide(11, { by: a, next: a })
  t.match(verifyHeader(verdict.view, old.proof, judgement), { ok: false, fault: 'SET_UNKNOWN' })
  const view = walked([toB], verdict.view)
  t.match(verifyHeader(view, decide(11, { by: b, next: b }).proof, judgement), { ok: true })
  t.match(verifyHeader(view, old.proof, judgement), { ok: false, fault: 'NOT_CERTIFIED' })
  t.end()
})

/** Four seats held by these keys. */
const seats = (...keys: readonly number[]): Set => {
  const own = keys.map((key) => makeSet(key))
  return {
    seeds: own.flatMap(({ seeds }) => seeds.slice(0, 1)),
    validators: own.flatMap(({ validators }) => validators.slice(0, 1)),
  }
}

test('a set that is left out is noticed, also where its neighbours share a quorum', (t) => {
  const [one, two, three] = [seats(1, 2, 3, 4), seats(1, 2, 3, 50), seats(1, 2, 3, 60)]
  const view = startView({
    chainId,
    engine: 'pbft',
    heartbeatMs: 30_000,
    validators: one.validators,
  })
  const links = [
    decide(10, { by: one, next: two }),
    decide(20, { by: two, next: three }),
    decide(30, { by: three, next: one }),
  ] as const
  const skipping = links[1].proof
  t.match(
    verifyHeader(view, skipping, { nowMs, height: 20 }),
    { ok: true },
    'the signers of block 20 are a quorum of the first set as well',
  )
  t.match(followSets(view, links.slice(1), judgement), { ok: false, fault: 'SET_SKIPPED' })
  t.match(followSets(view, [links[0], links[2]], judgement), { ok: false, fault: 'SET_SKIPPED' })
  const own = headerOf(19, digest('nothing', new Uint8Array()), one)
  const forged = [{ ...links[1], parent: own }]
  t.match(
    followSets(view, forged, judgement),
    { ok: false, fault: 'SET_SKIPPED' },
    'a made-up parent',
  )
  const whole = walked(links, view)
  t.match(
    whole.sets.map(({ from }) => from),
    [0, 10, 20, 30],
  )
  t.end()
})

test('a client in the middle of the chain of sets goes on from where it stands', (t) => {
  const [one, two, three] = [seats(1, 2, 3, 4), seats(1, 2, 3, 50), seats(1, 2, 3, 60)]
  const start = startView({
    chainId,
    engine: 'pbft',
    heartbeatMs: 30_000,
    validators: one.validators,
  })
  const links = [decide(10, { by: one, next: two }), decide(20, { by: two, next: three })] as const
  // It saw block 20, which its own set signed too, before it heard of the set of block 11.
  const ahead = verifyHeader(start, links[1].proof, { nowMs, height: 20 })
  if (!ahead.ok) throw new Error(ahead.detail)
  const view = walked(links, ahead.view)
  t.equal(view.height, 20)
  t.match(
    view.sets.map(({ from }) => from),
    [0, 10, 20],
  )
  t.match(verifyHeader(view, decide(21, { by: three, next: three }).proof, judgement), { ok: true })
  const old = { nowMs, height: 15 }
  t.match(verifyHeader(view, decide(15, { by: two, next: two }).proof, old), { ok: true })
  t.match(verifyHeader(view, decide(15, { by: c, next: two }).proof, old), { ok: false })
  t.end()
})

test('a link that the old set did not certify, or that shows another set, is refused', (t) => {
  const selfMade = decide(10, { by: b, next: b })
  t.match(followSets(first, [selfMade], judgement), { ok: false, fault: 'NOT_CERTIFIED' })
  const exchanged = { ...toB, validators: c.validators }
  t.match(followSets(first, [exchanged], judgement), { ok: false, fault: 'NOT_CERTIFIED' })
  t.match(followSets(first, [toC], judgement), { ok: false, fault: 'NOT_CERTIFIED' }, 'a gap')
  const broken = { ...toB, proof: { ...toB.proof, header: new Uint8Array([1]) } }
  t.match(followSets(first, [broken], judgement), { ok: false, fault: 'MALFORMED' })
  t.end()
})

test('the verified client walks the set chain by itself', async (t) => {
  const asked: number[] = []
  const client = {
    ...createClient({}),
    setChain: async (from: number) => {
      asked.push(from)
      return { height: 30, links: [toB, toC] }
    },
    stateValue: async () => ({
      height: 30,
      value: null,
      stateProof: {} as never,
      proof: decide(30, { by: makeSet(40), next: c }).proof,
    }),
  }
  const verified = createVerifiedClient({ client, view: first, nowMs: () => nowMs })
  await t.rejects(verified.stateValue({ app: 1, key: 'x' }), { code: 'ANSWER_NOT_PROVEN' })
  t.same(asked, [1], 'it walked once, and then called it a lie')
  t.equal(verified.view().sets.length, 3, 'what it walked it knows')
})
