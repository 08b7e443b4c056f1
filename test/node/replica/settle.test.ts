// The decided block: obtained from whoever has it, whatever the others say, and a divergence is no reason to wait.
import t from 'tap'
import { decodeCommitCertificate } from '../../../consensus/certificate.ts'
import { verifySignature } from '../../../node/crypto/ed25519.ts'
import { createGossip } from '../../../node/gossip.ts'
import { proposalAnswerCodec, requestCodec } from '../../../node/protocol.ts'
import { serve } from '../../../node/replica/serve.ts'
import { createSettlement } from '../../../node/replica/settle.ts'
import { createMemoryStore } from '../../../node/store/memory.ts'
import { blockId, encodeHeader } from '../../../vm/block.ts'
import { decode, encode } from '../../../vm/codec.ts'
import type { PublicKey } from '../../../vm/types.ts'
import { act, putOf } from '../../support/toy-chain.ts'
import { certify, grow } from '../../support/toy-ledger.ts'
import { peerKeyOf, silent, toyClock } from '../../support/toy-validator.ts'
import { createRooms } from './rooms.ts'

type Answer = (bytes: Uint8Array) => Promise<Uint8Array | undefined>

async function scene(answers: ReadonlyMap<PublicKey, Answer>) {
  const request = async (to: PublicKey, bytes: Uint8Array) => answers.get(to)?.(bytes)
  const node = await createRooms(request, createMemoryStore(), () => [...answers.keys()])
  const nothing = () => undefined
  const host = { connected: () => [], sendTransactions: () => 0 }
  const settlement = createSettlement({
    ...node,
    gossip: createGossip({ host, clock: toyClock, mempool: node.mempool, blockBudget: 1_000 }),
    voting: { voter: nothing },
    witness: { settle: () => [] },
    verifySignature,
    clock: toyClock,
    log: silent,
    onCommit: nothing,
    onStored: nothing,
    onExpired: nothing,
    onPassedOver: nothing,
  })
  return { ...node, settlement }
}

/** A peer that has decided one block. */
async function decided() {
  const peer = await createRooms()
  const { headerBytes } = await grow(peer.ledger, [act(putOf('a')), act(putOf('b'))])
  const certificate = decodeCommitCertificate(peer.ledger.head().certificateBytes)
  const answer: Answer = async (bytes) => serve(peer, bytes)
  return { answer, certificate, headerBytes, peer }
}

const [liar, honest] = [peerKeyOf(0), peerKeyOf(1)]

t.test('lengths that a peer made up keep nobody from the block', async (t) => {
  const { answer, certificate } = await decided()
  const lie: Answer = async (bytes) => {
    const said = await answer(bytes)
    if (said === undefined || decode(requestCodec, bytes).kind !== 'proposal') return undefined
    const proposal = decode(proposalAnswerCodec, said)
    const transactions = proposal.transactions.map(({ id }) => ({ id, length: 1 }))
    return encode(proposalAnswerCodec, { ...proposal, transactions })
  }
  const { settlement } = await scene(
    new Map([
      [liar, lie],
      [honest, answer],
    ]),
  )
  const executed = await settlement.obtain(certificate, [liar, honest])
  t.equal(executed?.id, certificate.blockId)
})

t.test('a body with a bad signature is fetched from another peer', async (t) => {
  const { answer, certificate } = await decided()
  const lie: Answer = async (bytes) => {
    const said = (await answer(bytes))?.slice()
    if (said === undefined || decode(requestCodec, bytes).kind !== 'bodies') return said
    said[said.length - 1] = (said.at(-1) ?? 0) ^ 1
    return said
  }
  const { settlement } = await scene(
    new Map([
      [liar, lie],
      [honest, answer],
    ]),
  )
  const executed = await settlement.obtain(certificate, [liar, honest])
  t.equal(executed?.id, certificate.blockId)
})

t.test(
  'who signed the commits need not have the block: whoever is connected is asked',
  async (t) => {
    const { answer, certificate } = await decided()
    const { settlement } = await scene(
      new Map([
        [liar, async () => undefined],
        [honest, answer],
      ]),
    )
    const executed = await settlement.obtain(certificate, [liar])
    t.equal(executed?.id, certificate.blockId)
  },
)

t.test('a decided block that this node computes differently stops it', async (t) => {
  const { answer, headerBytes, peer } = await decided()
  const header = { ...peer.ledger.head().header, stateRoot: `0x${'33'.repeat(32)}` as const }
  const forged = encodeHeader(header)
  const id = blockId(forged)
  const certificate = decodeCommitCertificate(certify({ header, headerBytes: forged, id }, 4))
  t.not(id, blockId(headerBytes))
  const signed: Answer = async (bytes) => {
    const request = decode(requestCodec, bytes)
    if (request.kind !== 'proposal') return answer(bytes)
    const own = await answer(
      encode(requestCodec, { kind: 'proposal', blockId: blockId(headerBytes) }),
    )
    const proposal = decode(proposalAnswerCodec, own ?? new Uint8Array())
    return encode(proposalAnswerCodec, { ...proposal, blockId: id, header: forged })
  }
  const { settlement } = await scene(new Map([[honest, signed]]))
  await t.rejects(settlement.obtain(certificate, [honest]), { code: 'DIVERGED' })
})
