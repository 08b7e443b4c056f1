// A validator whose vote lock is gone may have voted anything: it follows in silence until its old votes cannot matter.
import t, { type Test } from 'tap'
import { verifySignature } from '../../../node/crypto/ed25519.ts'
import { headAnswerCodec } from '../../../node/protocol.ts'
import { createLostLock } from '../../../node/replica/lost-lock.ts'
import { encode } from '../../../vm/codec.ts'
import { idOf } from '../../support/toy-chain.ts'
import {
  at,
  createRogue,
  decide,
  messageIn,
  type Seat,
  startNetwork,
  startSeat,
} from '../../support/toy-network.ts'
import { loseJournal, loseLock, type ToyValidator } from '../../support/toy-validator.ts'
import type { Wire } from '../../support/wire.ts'

/** Heights of the consensus messages that this validator sends from now on. */
function heightsSaid(wire: Wire, { peerKey }: Pick<ToyValidator, 'peerKey'>): readonly number[] {
  const heights: number[] = []
  wire.meddle((letter) => {
    const message = letter.from === peerKey ? messageIn(letter) : undefined
    if (message !== undefined) heights.push(message.height)
    return [letter.bytes]
  })
  return heights
}

/** Four that have decided three blocks; the last one stopped. */
async function stopLast(t: Test) {
  const { wire, seats, nodes } = await startNetwork(t, [0, 1, 2, 3])
  for (let count = 0; count < 3; count++) await decide(at(nodes, 0), nodes)
  const { node, disk } = at(seats, 3)
  await node.stop()
  return { wire, disk, others: nodes.slice(0, 3) }
}

async function startAgain(t: Test, wire: Wire, disk: Seat['disk']): Promise<ToyValidator> {
  return startSeat(t, { wire, index: 3, disk })
}

function meshAll(wire: Wire, nodes: readonly ToyValidator[]): void {
  wire.mesh(nodes.map(({ peerKey }) => peerKey))
}

/** Its vote is needed: with one of the others away nothing is decided without it. */
async function isNeededAndVotes(wire: Wire, again: ToyValidator, others: readonly ToyValidator[]) {
  const away = at(others, 0)
  for (const { peerKey } of [again, ...others]) wire.cut(away.peerKey, peerKey)
  const three = [again, ...others.slice(1)]
  return decide(again, three)
}

/** It hears of a block at the latest when the next one is made. */
async function follow(again: ToyValidator, others: readonly ToyValidator[]) {
  await decide(at(others, 0), others)
  await again.reach((await decide(at(others, 0), others)) - 1)
}

for (const [what, lose] of [
  ['the vote lock alone', loseLock],
  [
    'vote lock and journal',
    (disk: Seat['disk']) => {
      loseLock(disk)
      loseJournal(disk)
    },
  ],
] as const) {
  t.test(`without ${what} it signs nothing until the chain is two heights further`, async (t) => {
    const { wire, disk, others } = await stopLast(t)
    lose(disk)
    const again = await startAgain(t, wire, disk)
    const said = heightsSaid(wire, again)
    const all = [again, ...others]
    meshAll(wire, all)
    t.equal(again.voter(), undefined)
    let height = again.ledger.head().header.height
    const shown = await decide(at(others, 0), all)
    while (again.voter() === undefined) height = await decide(at(others, 0), all)
    t.ok(height >= shown + 2, `${height} is two above ${shown}, the first that could be shown`)
    t.ok(
      said.every((one) => one > shown + 2),
      'nothing was signed up to there',
    )
    const next = await isNeededAndVotes(wire, again, others)
    t.ok(said.includes(next), 'then it votes')
  })
}

t.test('with fewer than a quorum of others it never signs', async (t) => {
  const { wire, disk, others } = await stopLast(t)
  loseLock(disk)
  const again = await startAgain(t, wire, disk)
  const said = heightsSaid(wire, again)
  const seen = others.slice(1)
  for (const { peerKey } of seen) wire.connect(again.peerKey, peerKey)
  for (let count = 0; count < 6; count++) await follow(again, others)
  t.equal(again.voter(), undefined)
  t.same(said, [])
})

t.test('who is no validator shows nothing that counts', async (t) => {
  const { wire, disk, others } = await stopLast(t)
  loseLock(disk)
  const again = await startAgain(t, wire, disk)
  const seen = others.slice(1)
  for (const { peerKey } of seen) wire.connect(again.peerKey, peerKey)
  const outsider = wire.host(idOf('an observer'))
  outsider.onRequest(() => {
    const { headerBytes: header, certificateBytes: certificate } = at(others, 0).ledger.head()
    return encode(headAnswerCodec, { header, certificate, lowest: 1 })
  })
  wire.connect(again.peerKey, outsider.peerKey)
  for (let count = 0; count < 6; count++) await follow(again, others)
  t.equal(again.voter(), undefined)
})

t.test('blocks that come faster than a lock is made make one lock', async (t) => {
  const { wire, disk, others } = await stopLast(t)
  loseLock(disk)
  const again = await startAgain(t, wire, disk)
  const failed = { yet: false }
  again.events.on('failure', () => {
    failed.yet = true
  })
  const all = [again, ...others]
  meshAll(wire, all)
  await decide(at(others, 0), all)
  for (const { peerKey } of others) wire.cut(again.peerKey, peerKey)
  for (let count = 0; count < 20; count++) await decide(at(others, 0), others)
  meshAll(wire, all)
  let height = await decide(at(others, 0), all)
  while (again.voter() === undefined) height = await decide(at(others, 0), all)
  t.ok(height > 20)
  t.notOk(failed.yet, 'nothing went wrong on the way')
  await isNeededAndVotes(wire, again, others)
})

t.test('a peer that shows a certificate of nobody is not counted', async (t) => {
  const { wire, disk, others } = await stopLast(t)
  await at(others, 2).stop()
  loseLock(disk)
  const again = await startAgain(t, wire, disk)
  const liar = createRogue(wire, 2)
  const two = others.slice(0, 2)
  liar.answer(({ kind }) => {
    const { headerBytes: header, certificateBytes } = at(two, 0).ledger.head()
    const certificate = Uint8Array.from(certificateBytes)
    certificate[certificate.length - 1] = (certificate.at(-1) ?? 0) ^ 1
    return kind === 'head' ? encode(headAnswerCodec, { header, certificate, lowest: 1 }) : undefined
  })
  meshAll(wire, [again, ...two])
  wire.connect(again.peerKey, liar.peerKey)
  const asked = wire.next(({ to, kind }) => to === again.peerKey && kind === 'answer')
  await asked
  t.equal(again.voter(), undefined)
})

t.test(
  'while one question is under way a peer is not asked again, however many blocks come',
  async (t) => {
    const { nodes } = await startNetwork(t, [0, 1, 2, 3])
    const [node, other] = [at(nodes, 0), at(nodes, 1)]
    const answers: ((answer: Uint8Array | undefined) => void)[] = []
    const lost = createLostLock({
      ledger: node.ledger,
      verifySignature,
      request: () => new Promise((resolve) => answers.push(resolve)),
    })
    const asked = Array.from({ length: 100 }, () => lost.ask(other.peerKey))
    t.equal(answers.length, 1)
    answers[0]?.(undefined)
    await Promise.all(asked)
    void lost.ask(other.peerKey)
    t.equal(answers.length, 2, 'one that did not answer is asked with the next block')
  },
)
