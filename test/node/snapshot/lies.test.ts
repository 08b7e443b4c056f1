// Peers that lie about a state: about which there is, about pieces of it, about what leads to it.
import { setImmediate } from 'node:timers/promises'
import t, { type Test } from 'tap'
import * as protocol from '../../../node/protocol.ts'
import { blockId, decodeHeader, encodeHeader } from '../../../vm/block.ts'
import { decode, encode, type Infer } from '../../../vm/codec.ts'
import { changing } from '../../support/changing.ts'
import { idOf } from '../../support/toy-chain.ts'
import { createPast } from '../../support/toy-history.ts'
import { certify } from '../../support/toy-ledger.ts'
import { answeredIn, at, blocksAt, decide } from '../../support/toy-network.ts'
import { pastScene } from '../../support/toy-scene.ts'
import { peerKeyOf, type ToyValidator } from '../../support/toy-validator.ts'
import type { Letter } from '../../support/wire.ts'

const sync = { snapshotEmpty: 50 }
const past = { blocks: 150, on: await createPast({ blocks: 150 }) }

type Answer = Uint8Array | 'never'
type Lie = {
  readonly why: string
  /** The kind of request whose answers it changes. */
  readonly about: protocol.Request['kind']
  readonly say: (answer: Uint8Array, honest: ToyValidator) => Answer | Promise<Answer>
  /** Whether it shows that the peer lies. */
  readonly isSeen: boolean
}

const { stateAnswerCodec, snapshotsAnswerCodec, setsAnswerCodec, headersAnswerCodec } = protocol
const { blocksAnswerCodec } = protocol
type Piece = Infer<typeof stateAnswerCodec>

const onValues = (
  how: (entries: Extract<Piece, { kind: 'values' }>['entries']) => typeof entries,
) =>
  changing(stateAnswerCodec, (one) =>
    one.kind === 'values' ? { ...one, entries: how(one.entries) } : one,
  )

const lies: readonly Lie[] = [
  {
    why: 'changes a value',
    about: 'state',
    say: onValues((entries) =>
      entries.map((one, place) => (place === 3 ? { ...one, value: new Uint8Array([9]) } : one)),
    ),
    isSeen: true,
  },
  {
    why: 'leaves a value out',
    about: 'state',
    say: onValues((entries) => entries.slice(1)),
    isSeen: true,
  },
  {
    why: 'adds a value',
    about: 'state',
    say: onValues((entries) => [...entries, { key: 'cell/more', value: new Uint8Array([1]) }]),
    isSeen: true,
  },
  {
    why: 'sends values twice',
    about: 'state',
    say: onValues((entries) => [...entries, ...entries]),
    isSeen: true,
  },
  {
    why: 'cuts a piece off',
    about: 'state',
    say: (answer) => answer.subarray(0, answer.length / 2),
    isSeen: true,
  },
  {
    why: 'sends a node that is none',
    about: 'state',
    say: () => encode(stateAnswerCodec, { kind: 'node', bytes: new Uint8Array(80) }),
    isSeen: true,
  },
  { why: 'never sends a piece', about: 'state', say: () => 'never', isSeen: false },
  {
    why: 'says that the state is gone',
    about: 'state',
    say: () => encode(stateAnswerCodec, { kind: 'gone' }),
    isSeen: false,
  },
  {
    why: 'offers roots of another state',
    about: 'snapshots',
    say: changing(snapshotsAnswerCodec, (offers) =>
      offers.map((one) => ({
        ...one,
        roots: one.roots.map(({ app }) => ({ app, root: new Uint8Array(32).fill(7) })),
      })),
    ),
    isSeen: true,
  },
  {
    why: 'offers a header that nobody signed',
    about: 'snapshots',
    say: changing(snapshotsAnswerCodec, (offers) =>
      offers.map((one) => ({ ...one, certificate: new Uint8Array([0x80]) })),
    ),
    // Others have a good certificate of the same block.
    isSeen: false,
  },
  {
    why: 'offers nothing',
    about: 'snapshots',
    say: () => encode(snapshotsAnswerCodec, []),
    isSeen: false,
  },
  {
    why: 'leaves a change of the set out',
    about: 'sets',
    say: changing(setsAnswerCodec, (links) => links.slice(1)),
    isSeen: false,
  },
  {
    why: 'hides a transaction of the window',
    about: 'headers',
    say: changing(headersAnswerCodec, (headers) =>
      headers.map(({ header, ids }) => ({ header, ids: ids.slice(1) })),
    ),
    isSeen: false,
  },
  {
    why: 'ends the window early',
    about: 'headers',
    say: () => encode(headersAnswerCodec, []),
    isSeen: false,
  },
]

const never = new Promise<never>(() => undefined)

const gone = encode(blocksAnswerCodec, { kind: 'pruned', lowest: past.blocks })

/** Nobody has the blocks that a state makes superfluous: a slow machine would take them while nobody has offered one yet. */
function isHistory(letter: Letter): boolean {
  const request = letter.to === peerKeyOf(3) ? answeredIn(letter) : undefined
  return request?.kind === 'blocks' && request.from < past.blocks
}

async function joins(t: Test, lie: Lie) {
  const scene = await pastScene(t, past)
  const { wire, nodes, join } = scene
  const liar = at(nodes, 0)
  const heard = Promise.withResolvers<void>()
  wire.meddle(async (letter) => {
    if (isHistory(letter)) return [gone]
    const kind = letter.to === peerKeyOf(3) ? answeredIn(letter)?.kind : undefined
    const isOfLiar = letter.from === liar.peerKey
    // The liar is heard first, and so asked first.
    if (kind === 'head' && isOfLiar) heard.resolve()
    if (kind === 'head' && !isOfLiar) await heard.promise.then(() => setImmediate())
    if (kind !== lie.about || !isOfLiar) return [letter.bytes]
    const said = await lie.say(letter.bytes, liar)
    return said === 'never' ? never : [said]
  })
  return { ...scene, liar, node: await join(sync) }
}

for (const lie of lies) {
  t.test(`a peer that ${lie.why} keeps nobody from joining`, async (t) => {
    const { wire, nodes, node, liar } = await joins(t, lie)
    const height = await decide(at(nodes, 1), [...nodes.slice(1), node])
    t.ok(node.ledger.lowest() > 1, 'by a state')
    const idsOf = ({ ledger }: ToyValidator) =>
      Array.from({ length: height }, (_, below) => ledger.ids(below + 1))
    t.same(idsOf(node), idsOf(at(nodes, 1)), 'with the whole window')
    t.equal(blocksAt([...nodes.slice(1), node], height).size, 1)
    const dropped = new Set(wire.penalties.map(({ peerKey }) => peerKey))
    if (lie.isSeen) t.same(dropped, new Set([liar.peerKey]))
    for (const { peerKey } of nodes.slice(1)) t.notOk(dropped.has(peerKey), 'no honest peer')
  })
}

/** The same set and another past: a peer whose offers are certified, by the keys of this set, and of another chain id. */
t.test('the state of another chain is not taken', async (t) => {
  const { wire, nodes, join } = await pastScene(t, past)
  const liar = at(nodes, 0)
  wire.meddle(async (letter) => {
    if (isHistory(letter)) return [gone]
    const isOffer = letter.from === liar.peerKey && answeredIn(letter)?.kind === 'snapshots'
    if (!isOffer) return [letter.bytes]
    const forged = decode(snapshotsAnswerCodec, letter.bytes).map((one) => {
      const header = { ...decodeHeader(one.header), chainId: idOf('other chain') }
      const headerBytes = encodeHeader(header)
      const sealed = { header, headerBytes, id: blockId(headerBytes) }
      return { ...one, header: headerBytes, certificate: certify(sealed, 4) }
    })
    return [encode(snapshotsAnswerCodec, forged)]
  })
  const node = await join(sync)
  const height = await decide(at(nodes, 1), [...nodes.slice(1), node])
  t.equal(blocksAt([...nodes.slice(1), node], height).size, 1)
  t.ok(node.ledger.lowest() > 1)
  t.same(new Set(wire.penalties.map(({ peerKey }) => peerKey)), new Set([liar.peerKey]))
})
