// A download of a state that is interrupted goes on where it was, as long as the same state can be had.
import t from 'tap'
import { audit } from '../../../node/audit/audit.ts'
import { verifySignature } from '../../../node/crypto/ed25519.ts'
import { openLedger } from '../../../node/ledger/open.ts'
import { type Request, requestCodec } from '../../../node/protocol.ts'
import { serve } from '../../../node/replica/serve.ts'
import { createSnapshot } from '../../../node/snapshot/snapshot.ts'
import { createMemoryStore } from '../../../node/store/memory.ts'
import { decode } from '../../../vm/codec.ts'
import { act, genesisTimeMs, putOf, toyGenesis, toyList } from '../../support/toy-chain.ts'
import { growPast } from '../../support/toy-history.ts'
import { peerKeyOf, silent, toyClock } from '../../support/toy-validator.ts'
import { createRooms } from '../replica/rooms.ts'

/** Cells that are many pieces together. */
const each = (height: number) =>
  Array.from({ length: 20 }, (_, place) =>
    act({
      ...putOf(
        `cell-${height}-${place}`,
        Array.from({ length: 900 }, () => height & 255),
      ),
      validUntil: genesisTimeMs + 500_000,
    }),
  )

async function scene() {
  const peer = await createRooms()
  await growPast(peer.ledger, { blocks: 64, each })
  const store = createMemoryStore()
  const genesis = toyGenesis()
  const ledger = await openLedger({ store, genesis, list: toyList })
  const asked: string[] = []
  /** So many pieces are answered; then the peers are silent. */
  let answered = Number.POSITIVE_INFINITY
  const pieceOf = (request: Request): string | undefined =>
    request.kind === 'state' ? `${request.blockId} ${request.app} ${request.prefix}` : undefined
  const snapshot = createSnapshot({
    ...{ ledger, verifySignature, clock: toyClock, log: silent, checkpoint: undefined },
    host: {
      request: async (_, bytes) => {
        const piece = pieceOf(decode(requestCodec, bytes))
        if (piece !== undefined && answered <= 0) return { ok: false, code: 'TIMEOUT' }
        if (piece !== undefined) {
          answered -= 1
          asked.push(piece)
        }
        const answer = await serve(peer, bytes)
        return answer === undefined ? { ok: false, code: 'REFUSED' } : { ok: true, bytes: answer }
      },
    },
    adopt: (state, adoption) => state.finish(adoption),
  })
  const onLie = () => t.fail('nobody lies')
  const believed = () => [peerKeyOf(0), peerKeyOf(1)]
  const run = (pieces = Number.POSITIVE_INFINITY) => {
    answered = pieces
    const supported = () => peer.ledger.head().header.height
    return snapshot.run({ believed, supported, onLie })
  }
  t.teardown(snapshot.stop)
  const isSound = async () => {
    const parts = { store, genesis, list: toyList, verifySignature }
    t.match(await audit(parts), { ok: true, height: ledger.head().header.height })
  }
  return { peer, ledger, run, asked, isSound }
}

t.test('no piece that was verified is fetched again', async (t) => {
  const { run, asked, ledger, isSound } = await scene()
  t.notOk(await run(3))
  t.notOk(await run(2), 'as often as it takes')
  t.equal(asked.length, 5)
  t.ok(await run())
  t.ok(asked.length > 8, `${asked.length} pieces`)
  t.equal(new Set(asked).size, asked.length, 'each once')
  t.equal(ledger.head().header.height, 64)
  await isSound()
})

t.test('it goes on with the state that it has begun, also when there is a newer one', async (t) => {
  const { peer, run, asked, ledger, isSound } = await scene()
  t.notOk(await run(3))
  await growPast(peer.ledger, { blocks: 64, each })
  peer.kept.onCommit(128)
  t.ok(await run())
  t.equal(new Set(asked).size, asked.length)
  t.equal(ledger.head().header.height, 64)
  await isSound()
})

t.test('a state that nobody offers any more is left for another one', async (t) => {
  const { peer, run, ledger, isSound } = await scene()
  t.notOk(await run(3))
  const other = await createRooms()
  await growPast(other.ledger, { blocks: 100, each })
  Object.assign(peer, { ledger: other.ledger, kept: other.kept })
  t.ok(await run())
  t.equal(ledger.head().header.height, 100)
  await isSound()
})
