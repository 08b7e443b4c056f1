// The validators change: votes, windows, candidates, one change per block, two heights later, never below a quorum.
import t from 'tap'
import { appList } from '../../../apps/index.ts'
import { VOTE_WINDOW_MAX_MS } from '../../../apps/registry/proposal.ts'
import { getCandidates, getPending, setHeights } from '../../../apps/registry/state.ts'
import { READY_FOR_MS } from '../../../apps/registry/validator-ready.ts'
import { digest } from '../../../vm/hash.ts'
import { quorum } from '../../../vm/quorum.ts'
import { validatorsRoot } from '../../../vm/validator.ts'
import { createScene, type Scene } from './scene.ts'

const accountsOf = ({ set }: Scene) => set().map(({ account }) => account)
const members = ({ world }: Scene) => appList.identity.members(world.state)

t.test('a joiner gets a seat two heights after the block with the votes', async (t) => {
  const scene = await createScene()
  const before = scene.set()
  const add = scene.join('helper-1')
  t.equal(members(scene).length, 5, 'it may connect before it counts')
  t.equal(scene.change(add).code, '')
  t.strictSame(scene.set(), before)
  t.match(getPending(scene.world.state), [{ from: 3 }])
  t.strictSame(getCandidates(scene.world.state), [])
  t.equal(members(scene).length, 5, 'and while its seat is pending')
  const { kind: _, ...joiner } = add
  scene.endBlock()
  t.strictSame(scene.set(), before, 'the header of h names the set of h + 1: the old one')
  scene.endBlock()
  t.strictSame(scene.set(), [...before, joiner], 'the header of h + 1 names the set of h + 2')
  t.not(validatorsRoot(scene.set()), validatorsRoot(before))
  t.strictSame(getPending(scene.world.state), [])
  t.equal(members(scene).length, 5)
  t.strictSame(setHeights.get(scene.world.state), [1, 3])
  t.equal(scene.change(scene.remove('helper-1-joiner')).code, '')
  scene.endBlock()
  scene.endBlock()
  t.strictSame(scene.set(), before)
  t.equal(members(scene).length, 4, 'who has left may not connect')
})

t.test('a seat keeps its place when its keys are replaced', async (t) => {
  const scene = await createScene()
  const [first, second] = scene.names as [string, string]
  const before = scene.set()
  const change = scene.renew(second)
  t.equal(members(scene).length, 5, 'the new node may connect beside the old one')
  t.equal(scene.change(change).code, '')
  scene.endBlock()
  scene.endBlock()
  t.strictSame(
    accountsOf(scene),
    before.map(({ account }) => account),
  )
  t.equal(scene.set()[1]?.consensusKey, scene.consensusKey(second))
  t.equal(scene.set()[0]?.consensusKey, scene.consensusKey(first))
  t.equal(members(scene).length, 4)
})

t.test('one vote for each organization in the set, and a quorum of them', async (t) => {
  for (const validators of [1, 2, 3, 4, 5, 6, 7, 13]) {
    const scene = await createScene({ validators })
    const { names } = scene
    const q = quorum(validators, 'pbft')
    const add = scene.join('helper-1')
    const proposal = scene.proposal(add)
    const votes = names.map((name) => scene.vote(name, proposal))
    const few = votes.slice(0, q - 1)
    const again = Array.from({ length: q - few.length }, () => votes[0]).flatMap(
      (vote) => vote ?? [],
    )
    if (q > 1) {
      t.equal(scene.submit(proposal, few).code, 'QUORUM_MISSING', `${q - 1} of ${validators}`)
      t.equal(scene.submit(proposal, [...few, ...again]).code, 'QUORUM_MISSING', 'voting twice')
      const stranger = scene.vote('helper-2', proposal)
      t.equal(scene.submit(proposal, [...few, stranger]).code, 'QUORUM_MISSING', 'no seat, no vote')
    }
    t.equal(scene.submit(proposal, votes.slice(-q)).code, '', `${q} of ${validators}`)
  }
})

t.test('an organization with two seats has one vote', async (t) => {
  const scene = await createScene()
  const [first, second, third] = scene.names as [string, string, string]
  t.equal(scene.change(scene.join(first)).code, '')
  scene.endBlock()
  scene.endBlock()
  t.equal(scene.set().length, 5)
  const leave = scene.remove(`${first}-joiner`)
  t.equal(scene.change(leave, [first, second]).code, 'QUORUM_MISSING')
  t.equal(scene.change(leave, [first, second, third]).code, '', 'three of four organizations')
})

t.test('only active admins vote, with active keys', async (t) => {
  const scene = await createScene()
  const { world, names } = scene
  const [a, b, c] = names as [string, string, string, string]
  const proposal = scene.proposal(scene.remove(a))
  const of = (name: string) => scene.vote(name, proposal)
  const clerk = { ...of(c), account: world.id(`${c}-validator`) }
  t.equal(
    scene.submit(proposal, [of(a), of(b), clerk]).code,
    'QUORUM_MISSING',
    'the key is not its own',
  )
  const organization = world.organization(c)
  const founders = names.filter((name) => name !== c).map((name) => `${name}-admin`)
  const status = (to: string) =>
    world.act('registry.set-organization-status', { organization, status: to }, ...founders).code
  t.equal(status('suspended'), '')
  t.equal(
    scene.submit(proposal, [of(a), of(b), of(c)]).code,
    'QUORUM_MISSING',
    'suspended, still counted',
  )
  t.equal(status('active'), '')
  t.equal(scene.submit(proposal, [of(a), of(b), of(c)]).code, '')
})

t.test('a vote is for one change, one chain and one window', async (t) => {
  const scene = await createScene()
  const { names } = scene
  const [a, b] = names as [string, string]
  const proposal = scene.proposal(scene.remove(a))
  const votes = names.map((name) => scene.vote(name, proposal))
  const others = [
    { ...proposal, change: scene.remove(b) },
    { ...proposal, untilMs: proposal.untilMs + 1 },
    { ...proposal, fromMs: proposal.fromMs - 1 },
  ]
  for (const other of others) t.equal(scene.submit(other, votes).code, 'VOTE_SIGNATURE')
  const elsewhere = digest('test', new Uint8Array([1]))
  const foreign = names.map((name) => scene.vote(name, proposal, elsewhere))
  t.equal(scene.submit(proposal, foreign).code, 'VOTE_SIGNATURE')
  const [one, ...rest] = votes
  const swapped = { ...rest[0], signature: one?.signature } as (typeof votes)[number]
  t.equal(
    scene.submit(proposal, [...votes, swapped]).code,
    'VOTE_SIGNATURE',
    'one bad vote spoils all',
  )
  t.equal(scene.submit(proposal, votes).code, '')
})

t.test('votes count from the first to the last millisecond of their window', async (t) => {
  const scene = await createScene()
  const { names } = scene
  const now = scene.timeMs()
  const attempt = (window: { readonly fromMs: number; readonly untilMs: number }) => {
    const proposal = scene.proposal(scene.remove('hospital'), window)
    return scene.submit(
      proposal,
      names.map((name) => scene.vote(name, proposal)),
    ).code
  }
  t.equal(attempt({ fromMs: now + 1, untilMs: now + 2 }), 'WINDOW_CLOSED')
  t.equal(attempt({ fromMs: now - 2, untilMs: now - 1 }), 'WINDOW_CLOSED')
  t.equal(attempt({ fromMs: now, untilMs: now - 1 }), 'WINDOW_LENGTH')
  t.equal(attempt({ fromMs: now, untilMs: now + VOTE_WINDOW_MAX_MS + 1 }), 'WINDOW_LENGTH')
  t.equal(attempt({ fromMs: now, untilMs: now }), '')
})

t.test('votes do not count twice, also after what they did was undone', async (t) => {
  const scene = await createScene()
  const { names } = scene
  const add = scene.join('helper-1')
  const proposal = scene.proposal(add)
  const votes = names.map((name) => scene.vote(name, proposal))
  t.equal(scene.submit(proposal, votes).code, '')
  scene.endBlock()
  t.equal(scene.change(scene.remove('helper-1-joiner')).code, '')
  scene.endBlock()
  scene.endBlock()
  const { world } = scene
  const keys = { account: add.account, ...pick(add) }
  t.equal(world.act('registry.admit-candidate', keys, `${names[0]}-admin`).code, '')
  const { consensusKey } = keys
  t.equal(world.act('registry.validator-ready', { consensusKey }, 'helper-1-joiner').code, '')
  t.equal(scene.submit(proposal, votes).code, 'PROPOSAL_USED')
  t.equal(scene.change(add).code, '', 'new votes count')
})

function pick(change: ReturnType<Scene['join']>) {
  if (change.kind === 'remove') throw new Error('no keys')
  return { consensusKey: change.consensusKey, peerKey: change.peerKey }
}

t.test('one change per block, each judged on what was decided before', async (t) => {
  const scene = await createScene({ validators: 5 })
  const [a, b] = scene.names as [string, string]
  t.equal(scene.change(scene.remove(a)).code, '')
  t.equal(scene.change(scene.remove(b)).code, 'CHANGE_IN_BLOCK')
  scene.endBlock()
  t.equal(scene.change(scene.remove(a)).code, 'NOT_SEATED', 'it is leaving already')
  t.equal(
    scene.change(scene.remove(b), scene.names.slice(0, 3)).code,
    'QUORUM_MISSING',
    'a has no vote any more',
  )
  t.equal(scene.change(scene.remove(b), scene.names.slice(1, 4)).code, '')
  t.match(getPending(scene.world.state), [{ from: 3 }, { from: 4 }])
  scene.endBlock()
  t.equal(scene.set().length, 4)
  scene.endBlock()
  t.equal(scene.set().length, 3)
})

t.test('a set without a quorum of living members is refused', async (t) => {
  const scene = await createScene({ validators: 7 })
  const [dead, gone, ...rest] = scene.set().map(({ account }) => account)
  const dies = new Set([dead, gone])
  const nextAlive = () => (dies.has(scene.due()) ? rest[0] : undefined)
  for (let blocks = 0; blocks < 9; blocks++) scene.endBlock(nextAlive())
  const names = scene.names.slice(2)
  const remove = (name: string | undefined) => scene.change(scene.remove(name ?? ''), scene.names)
  t.equal(remove(names[0]).code, '', 'four of six are a quorum')
  for (let blocks = 0; blocks < 3; blocks++) scene.endBlock(nextAlive() && rest[1])
  t.equal(scene.set().length, 6)
  t.equal(remove(names[1]).code, 'TOO_FEW_ALIVE', 'three of five are none')
  t.equal(remove(scene.names[0]).code, '', 'a dead one may go')
})

t.test('a validator counts again once it is back', async (t) => {
  const scene = await createScene({ validators: 7 })
  const [back, gone, first] = scene.set().map(({ account }) => account)
  scene.endBlock(first)
  scene.endBlock(first)
  t.equal(scene.change(scene.remove(scene.names[2] ?? '')).code, '')
  scene.endBlock()
  scene.endBlock()
  const remove = () => scene.change(scene.remove(scene.names[3] ?? '')).code
  t.strictSame(
    [back, gone].map((account) => accountsOf(scene).includes(account ?? '0x')),
    [true, true],
  )
  t.equal(remove(), 'TOO_FEW_ALIVE')
  t.equal(scene.world.act('registry.validator-ready', {}, `${scene.names[1]}-validator`).code, '')
  t.equal(remove(), '')
})

t.test('the last validator stays', async (t) => {
  const scene = await createScene({ validators: 1 })
  t.equal(scene.change(scene.remove('hospital')).code, 'VALIDATOR_LAST')
  t.equal(scene.change(scene.join('helper-1')).code, '')
  scene.endBlock()
  scene.endBlock()
  t.equal(scene.change(scene.remove('hospital'), ['hospital', 'helper-1']).code, '')
})

t.test('who joins must have said within the hour that it has caught up', async (t) => {
  const scene = await createScene()
  const { world } = scene
  const add = scene.join('helper-1', { ready: false })
  t.equal(scene.change(add).code, 'CANDIDATE_NOT_READY')
  const { consensusKey } = pick(add)
  const say = () => world.act('registry.validator-ready', { consensusKey }, 'helper-1-joiner').code
  t.equal(say(), '')
  t.equal(say(), 'READY_ALREADY')
  scene.wait(READY_FOR_MS + 1)
  t.equal(scene.change(add).code, 'CANDIDATE_NOT_READY')
  t.equal(say(), '')
  scene.wait(READY_FOR_MS)
  t.equal(scene.change(add).code, '')
})

t.test(
  'a candidate whose sponsor lost its seat can be taken back by any organization with a seat',
  async (t) => {
    const scene = await createScene({ validators: 5 })
    const [sponsor = '', other = '', third = ''] = scene.names.filter((name) => name !== 'hospital')
    const { account } = scene.join(third, { sponsor })
    const withdraw = (by: string) =>
      scene.world.act('registry.withdraw-candidate', { account }, by).code
    t.equal(withdraw(`${other}-admin`), 'NOT_ADMIN', 'its sponsor answers for it')
    t.equal(scene.change(scene.remove(sponsor)).code, '')
    scene.endBlock()
    t.equal(withdraw('helper-1'), 'NOT_ADMIN', 'not by an organization without a seat')
    t.equal(withdraw(`${other}-admin`), '')
    t.equal(withdraw(`${other}-admin`), 'CANDIDATE_UNKNOWN')
  },
)
