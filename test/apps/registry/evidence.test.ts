// Evidence: what takes a seat, what does not, and that nobody who follows the rules can ever be accused.
import * as fc from 'fast-check'
import t from 'tap'
import { contradict } from '../../../apps/registry/evidence.ts'
import { pastSets, setHeights } from '../../../apps/registry/state.ts'
import { compareRanks } from '../../../consensus/vote.ts'
import type { JsonValue } from '../../../vm/codec.ts'
import { digest } from '../../../vm/hash.ts'
import type { Digest } from '../../../vm/types.ts'
import type { Vote, VoteKind } from '../../../vm/vote.ts'
import { createScene, type Scene } from './scene.ts'

const block = (number: number): Digest => digest('test', new Uint8Array([number]))

const voteFor = (kind: Exclude<VoteKind, 'view-change'>, view: number, id: number, height = 1) =>
  ({ kind, height, view, blockId: block(id) }) as const

const change = (view: number, prepared: readonly [view: number, id: number] | null, height = 1) =>
  ({
    kind: 'view-change',
    height,
    view,
    prepared: prepared && { view: prepared[0], blockId: block(prepared[1]) },
  }) as const

const contradictions: readonly (readonly [why: string, Vote, Vote])[] = [
  ['two proposals', voteFor('pre-prepare', 0, 1), voteFor('pre-prepare', 0, 2)],
  ['two prepares', voteFor('prepare', 3, 1), voteFor('prepare', 3, 2)],
  ['two commits', voteFor('commit', 0, 1), voteFor('commit', 0, 2)],
  ['two view-changes', change(2, null), change(2, [0, 1])],
  ['two reports of one view', change(2, [1, 1]), change(2, [1, 2])],
  ['a commit forgotten', voteFor('commit', 1, 1), change(2, null)],
  ['a commit forgotten for an older one', voteFor('commit', 3, 1), change(7, [2, 1])],
]

const harmless: readonly (readonly [why: string, Vote, Vote])[] = [
  ['the same vote twice', voteFor('commit', 0, 1), voteFor('commit', 0, 1)],
  ['the same view-change twice', change(2, [1, 1]), change(2, [1, 1])],
  ['other views', voteFor('prepare', 0, 1), voteFor('prepare', 1, 2)],
  ['other kinds', voteFor('prepare', 0, 1), voteFor('commit', 0, 2)],
  ['other heights', voteFor('commit', 0, 1, 1), voteFor('commit', 0, 2, 2)],
  ['a commit after the view-change', voteFor('commit', 2, 1), change(2, null)],
  ['a commit above the view-change', voteFor('commit', 3, 1), change(2, null)],
  ['a commit reported', voteFor('commit', 1, 1), change(2, [1, 1])],
  ['a newer one reported', voteFor('commit', 1, 1), change(4, [3, 2])],
  ['another height reported', voteFor('commit', 1, 1, 1), change(2, null, 2)],
]

t.test('two votes that contradict each other take the seat, two heights later', async (t) => {
  for (const [why, first, second] of contradictions) {
    for (const [one, other] of [
      [first, second],
      [second, first],
    ] as const) {
      const scene = await createScene()
      const [guilty] = scene.names as [string]
      const account = scene.account(guilty)
      const { code, events } = scene.accuse(guilty, one, other)
      t.equal(code, '', why)
      t.match(events, [{ recipient: account, kind: 'registry.validator-suspended' }])
      scene.endBlock()
      t.equal(scene.set().length, 4)
      scene.endBlock()
      t.notOk(scene.set().some((seat) => seat.account === account))
      t.equal(scene.accuse(guilty, one, other).code, 'EVIDENCE_USED')
    }
  }
})

t.test('what a correct validator signs is no evidence', async (t) => {
  const scene = await createScene()
  const [name] = scene.names as [string]
  // Both heights are decided.
  scene.endBlock()
  scene.endBlock()
  for (const [why, first, second] of harmless) {
    t.equal(scene.accuse(name, first, second).code, 'EVIDENCE_EMPTY', why)
    t.equal(scene.accuse(name, second, first).code, 'EVIDENCE_EMPTY', why)
  }
})

const [, proof, counter] = contradictions[2] as (typeof contradictions)[number]

/** Evidence with signatures of the test's choice. */
function submit(
  { world, names, consensusKey }: Scene,
  accused: string,
  signatures: readonly [JsonValue, JsonValue],
) {
  const signed = (vote: Vote, signature: JsonValue) =>
    ({ vote: vote as unknown as JsonValue, signature }) as const
  return world.act(
    'registry.evidence',
    {
      consensusKey: consensusKey(accused),
      first: signed(proof, signatures[0]),
      second: signed(counter, signatures[1]),
    },
    `${names[0]}-admin`,
  ).code
}

t.test('attack: signatures of others, of other chains, or made up', async (t) => {
  const scene = await createScene()
  const [honest, accomplice] = scene.names as [string, string]
  const { consensusSign } = scene
  const own = consensusSign(honest, proof)
  const elsewhere = digest('test', new Uint8Array([9]))
  const table: readonly (readonly [why: string, JsonValue])[] = [
    ['of another validator', consensusSign(accomplice, counter)],
    ['of the other vote', own],
    ['of another chain', consensusSign(honest, counter, elsewhere)],
    ['made up', '0x'.padEnd(130, '7f')],
    ['of a neighbouring height', consensusSign(honest, { ...counter, height: 2 })],
    ['of a neighbouring view', consensusSign(honest, { ...counter, view: 1 })],
  ]
  for (const [why, signature] of table) {
    t.equal(submit(scene, honest, [own, signature]), 'EVIDENCE_SIGNATURE', why)
    t.equal(submit(scene, honest, [signature, own]), 'EVIDENCE_SIGNATURE', why)
  }
  t.equal(scene.set().length, 4)
  t.equal(submit(scene, honest, [own, consensusSign(honest, counter)]), '', 'the real ones do')
})

t.test('attack: votes of a height at which the key had no seat', async (t) => {
  const scene = await createScene()
  const add = scene.join('helper-1')
  t.equal(scene.change(add).code, '')
  const at = (height: number) =>
    scene.accuse('helper-1-joiner', { ...proof, height }, { ...counter, height }).code
  t.equal(at(1), 'NOT_SEATED', 'a pending seat')
  scene.endBlock()
  scene.endBlock()
  scene.endBlock()
  t.equal(at(2), 'NOT_SEATED', 'the next set at the height before its first')
  t.equal(at(3), '', 'its first height')
})

t.test('attack: an old key that was replaced, in the hands of a thief', async (t) => {
  const scene = await createScene()
  const [name] = scene.names as [string]
  const old = { key: scene.consensusKey(name), first: scene.consensusSign(name, proof) }
  const second = scene.consensusSign(name, counter)
  t.equal(scene.change(scene.renew(name)).code, '')
  scene.endBlock()
  scene.endBlock()
  const { code } = scene.world.act(
    'registry.evidence',
    {
      consensusKey: old.key,
      first: { vote: proof as unknown as JsonValue, signature: old.first },
      second: { vote: counter as unknown as JsonValue, signature: second },
    },
    `${name}-admin`,
  )
  t.equal(code, 'NOT_SEATED')
  t.equal(scene.set().length, 4)
})

t.test('a suspended validator comes back with a new key only', async (t) => {
  const scene = await createScene()
  const [guilty, other] = scene.names as [string, string]
  const account = scene.account(guilty)
  const consensusKey = scene.consensusKey(guilty)
  t.equal(scene.accuse(guilty, proof, counter).code, '')
  t.equal(scene.change(scene.remove(other)).code, 'CHANGE_IN_BLOCK')
  scene.endBlock()
  scene.endBlock()
  const peerKey = scene.consensusKey('hospital')
  const { code } = scene.world.act(
    'registry.admit-candidate',
    { account, consensusKey, peerKey },
    `${other}-admin`,
  )
  t.equal(code, 'KEY_SUSPENDED')
})

t.test(
  'evidence counts for the heights of the genesis and no longer, nor in advance',
  async (t) => {
    const scene = await createScene({ parameters: { evidenceHeights: 10 } })
    const [name] = scene.names as [string]
    const at = (height: number) =>
      scene.accuse(name, { ...proof, height }, { ...counter, height }).code
    t.equal(at(2), 'EVIDENCE_AGE', 'height 1 is being decided')
    while (scene.height() < 12) scene.endBlock()
    t.equal(at(1), 'EVIDENCE_AGE')
    t.equal(at(2), '')
  },
)

t.test('the last validator keeps its seat', async (t) => {
  const scene = await createScene({ validators: 1 })
  t.equal(scene.accuse('hospital', proof, counter).code, 'VALIDATOR_LAST')
})

t.test('sets are kept as long as evidence about their heights counts', async (t) => {
  const scene = await createScene({ parameters: { evidenceHeights: 10 } })
  const { state } = scene.world
  t.equal(scene.change(scene.join('helper-1')).code, '')
  const kept = () => {
    const heights = setHeights.get(state) ?? []
    t.ok(heights.every((height) => pastSets.get(state, height) !== undefined))
    return heights
  }
  while (scene.height() < 12) scene.endBlock()
  t.strictSame(kept(), [1, 3], 'evidence about height 2 counts in block 12')
  scene.endBlock()
  t.strictSame(kept(), [3])
  t.equal(pastSets.get(state, 1), undefined)
  for (let blocks = 0; blocks < 30; blocks++) scene.endBlock()
  t.strictSame(kept(), [3], 'the newest set stays for ever')
})

/** A replica that follows the rules: rising order, one body each, and reports of what it committed. */
type Step = {
  readonly kind: VoteKind
  readonly up: number
  readonly id: number
  readonly late: boolean
}

const steps = fc.array(
  fc.record({
    kind: fc.constantFrom<VoteKind>('pre-prepare', 'prepare', 'commit', 'view-change'),
    up: fc.nat({ max: 2 }),
    id: fc.nat({ max: 3 }),
    late: fc.boolean(),
  }),
  { maxLength: 25 },
)

function honestVotes(wanted: readonly Step[]): readonly Vote[] {
  const votes: Vote[] = []
  let prepared: { readonly view: number; readonly blockId: Digest } | null = null
  for (const { kind, up, id, late } of wanted) {
    const last = votes.at(-1)
    const view = (last?.view ?? 0) + up
    const mayReport = kind === 'view-change' && view > 0
    // A late quorum of prepares of an older view becomes the certificate that it reports (rule 4).
    if (mayReport && late && view > 1 && (prepared === null || prepared.view < view - 1))
      prepared = { view: view - 1, blockId: block(id) }
    const report = prepared !== null && prepared.view < view ? prepared : null
    const vote: Vote =
      kind === 'view-change'
        ? { kind, height: 1, view, prepared: report }
        : { kind, height: 1, view, blockId: block(id) }
    if (kind === 'view-change' && (view === 0 || (prepared !== null && report === null))) continue
    if (last !== undefined && compareRanks(last, vote) >= 0) continue
    if (kind === 'commit') prepared = { view, blockId: block(id) }
    votes.push(vote)
  }
  return votes
}

t.test(
  'no framing: no two votes of a replica that follows the rules contradict each other',
  async (t) => {
    let pairs = 0
    await fc.assert(
      fc.property(steps, (wanted) => {
        const votes = honestVotes(wanted)
        for (const first of votes) {
          for (const second of votes) {
            pairs += 1
            if (contradict(first, second)) throw new Error(JSON.stringify([first, second]))
          }
        }
      }),
      { numRuns: 500 },
    )
    t.ok(pairs > 5_000, `${pairs} pairs`)
  },
)

t.test('no framing: bytes that differ anywhere from what was signed prove nothing', async (t) => {
  const scene = await createScene()
  const [name] = scene.names as [string]
  const signature = scene.consensusSign(name, proof)
  const own = scene.consensusSign(name, counter)
  await fc.assert(
    fc.property(fc.nat({ max: 127 }), fc.integer({ min: 1, max: 15 }), (place, flip) => {
      const digit = Number.parseInt(own[place + 2] ?? '0', 16) ^ flip
      const forged = own.slice(0, place + 2) + digit.toString(16) + own.slice(place + 3)
      const code = submit(scene, name, [signature, forged])
      if (code !== 'EVIDENCE_SIGNATURE') throw new Error(`${code} for ${forged}`)
    }),
    { numRuns: 60 },
  )
  t.pass()
})
