// The votes of others are kept for audit, and what comes after the decision is held against them.
import t, { type Test } from 'tap'
import { findDoubleVotes, isSigned } from '../../../client/signed-vote.ts'
import type { Message } from '../../../consensus/message.ts'
import type { Verified } from '../../../consensus/verified.ts'
import type { Accusation } from '../../../node/accuser.ts'
import { audit } from '../../../node/audit/audit.ts'
import { verifySignature } from '../../../node/crypto/ed25519.ts'
import { openLedger } from '../../../node/ledger/open.ts'
import { createWitness } from '../../../node/replica/witness.ts'
import { createMemoryStore } from '../../../node/store/memory.ts'
import { idOf, publicKeyOf, toyGenesis, toyList } from '../../support/toy-chain.ts'
import { build, certify, openToy } from '../../support/toy-ledger.ts'
import { at, createRogue, decide, sign, startNetwork } from '../../support/toy-network.ts'
import { type ToyValidator, toyParameters } from '../../support/toy-validator.ts'

const rule = { chainId: toyGenesis().chainId, verifySignature }
const rogueKey = publicKeyOf('consensus-3')

/** Three that decide by themselves, and one that the test plays. */
async function scene(t: Test) {
  const { wire, seats, nodes } = await startNetwork(t, [0, 1, 2])
  const rogue = createRogue(wire, 3)
  for (const { peerKey } of nodes) wire.connect(rogue.peerKey, peerKey)
  return { wire, seats, nodes, rogue, node: at(nodes, 1) }
}

const commitOf = (height: number, name: string, view = 0): Message =>
  sign(3, { kind: 'commit', height, view, blockId: idOf(name), signer: 3 })

const accusation = async (node: ToyValidator) => (await node.happens('evidence')) as Accusation

/** What this node has kept that the key of the rogue signed. */
function keptOf({ ledger }: ToyValidator, height: number) {
  return (ledger.votes(height) ?? []).filter(({ consensusKey }) => consensusKey === rogueKey)
}

t.test('the signed votes of a height stay in the store, as their signers made them', async (t) => {
  const { nodes, node } = await scene(t)
  const height = await decide(node, nodes)
  const votes = node.ledger.votes(height) ?? []
  t.ok(votes.length >= 4, `${votes.length} votes`)
  t.ok(votes.every((one) => one.vote.height === height && isSigned(rule, one)))
  const kinds = new Set(votes.map(({ vote }) => vote.kind))
  t.ok(kinds.has('pre-prepare') && kinds.has('prepare') && kinds.has('commit'))
  t.same(findDoubleVotes(votes), [])
})

t.test('a vote that comes after the decision is kept with its height', async (t) => {
  const { nodes, node, rogue } = await scene(t)
  const height = await decide(node, nodes)
  rogue.say([node], commitOf(height, 'anything'))
  while (keptOf(node, height).length === 0) await decide(node, nodes)
  t.match(keptOf(node, height), [{ vote: { kind: 'commit', height, view: 0 } }])
})

t.test('evidence that comes after the decision of its height is judged', async (t) => {
  const { nodes, node, rogue } = await scene(t)
  const height = await decide(node, nodes)
  await decide(node, nodes)
  const accused = accusation(node)
  rogue.say([node], commitOf(height, 'A'))
  rogue.say([node], commitOf(height, 'B'))
  t.match(await accused, { fault: 'equivocation', consensusKey: rogueKey })
})

t.test('amnesia, too, in whatever order the two come', async (t) => {
  const { nodes, node, rogue } = await scene(t)
  const height = await decide(node, nodes)
  await decide(node, nodes)
  const accused = accusation(node)
  const unsigned = { kind: 'view-change', height, view: 2, prepared: null, signer: 3 } as const
  rogue.say([node], sign(3, { ...unsigned, certificate: null }))
  rogue.say([node], commitOf(height, 'A', 1))
  t.match(await accused, { fault: 'amnesia', consensusKey: rogueKey })
})

t.test(
  'nobody is accused by late votes that are not signed, nor by what others hand on',
  async (t) => {
    const { wire, nodes, node, rogue } = await scene(t)
    const accused: unknown[] = []
    for (const { events } of nodes) events.on('evidence', (one) => accused.push(one))
    const height = await decide(node, nodes)
    await decide(node, nodes)
    const forged = { ...commitOf(height, 'B'), signature: new Uint8Array(64) }
    rogue.say([node], commitOf(height, 'A'))
    rogue.say([node], forged)
    // In the name of validator 0, whose commits all have.
    const unsigned = { kind: 'commit', height, view: 0, blockId: idOf('C'), signer: 0 } as const
    rogue.say([node], sign(0, unsigned))
    for (let count = 0; count < 3; count++) await decide(node, nodes)
    t.same(accused, [])
    t.same(wire.penalties, [], 'late votes cost nobody its connection')
  },
)

t.test('the votes of one validator at one height are bounded', async (t) => {
  const { nodes, node, rogue } = await scene(t)
  const height = await decide(node, nodes)
  await decide(node, nodes)
  for (let view = 0; view < 40; view++) rogue.say([node], commitOf(height, 'A', view))
  await decide(node, nodes)
  await decide(node, nodes)
  t.equal(keptOf(node, height).length, 16)
})

t.test('only so many heights as evidence counts for keep their votes', async (t) => {
  const evidenceHeights = 10
  const store = createMemoryStore()
  const parts = { store, genesis: toyGenesis({ evidenceHeights }), list: toyList }
  const ledger = await openLedger(parts)
  for (let height = 1; height <= 25; height++) {
    const { execution } = build(ledger, [])
    const vote = { kind: 'commit', height, view: 0, blockId: execution.id } as const
    const votes = [{ consensusKey: rogueKey, vote, signature: new Uint8Array(64) }]
    const certificate = certify(execution, 4)
    if (height % 3 === 0) ledger.stage(execution, certificate, [{ height, votes }])
    else await ledger.commit(execution, certificate, [{ height, votes }])
    await ledger.flush()
  }
  const again = await openLedger(parts)
  const kept = Array.from({ length: 26 }, (_, height) => height).filter(again.votes)
  t.same(kept, [16, 17, 18, 19, 20, 21, 22, 23, 24, 25])
})

t.test('a certificate is held against what was seen before it', async (t) => {
  const ledger = await openToy()
  const accused: Accusation[] = []
  const onEvidence = (one: Accusation) => void accused.push(one)
  const witness = createWitness({ ledger, verifySignature, onEvidence })
  witness.begin()
  witness.note(commitOf(1, 'another block') as Verified)
  const { execution } = build(ledger, [])
  const [kept] = witness.settle(1, certify(execution, 4))
  t.match(accused, [{ fault: 'equivocation', consensusKey: rogueKey }])
  t.equal(kept?.votes.length, 1, 'and it is kept')
  t.same(witness.settle(1, certify(execution, 4)), [], 'once')
})

t.test('the audit of a store names who signed twice', async (t) => {
  const { seats, nodes, node, rogue } = await scene(t)
  const height = await decide(node, nodes)
  rogue.say([node], commitOf(height, 'A'))
  rogue.say([node], commitOf(height, 'B'))
  while (keptOf(node, height).length < 2) await decide(node, nodes)
  const head = node.ledger.head().header.height
  await node.stop()
  const { store } = at(seats, 1).disk
  const parts = { store, genesis: toyGenesis(toyParameters), list: toyList, verifySignature }
  t.match(await audit(parts), { ok: true, height: head, accused: [rogueKey] })
})
