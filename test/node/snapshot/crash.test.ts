// The power goes at each write of an import: what is there afterwards is the old state or the new one, and never half of one.
import t from 'tap'
import { audit } from '../../../node/audit/audit.ts'
import { verifySignature } from '../../../node/crypto/ed25519.ts'
import { openLedger } from '../../../node/ledger/open.ts'
import { serve } from '../../../node/replica/serve.ts'
import { createSnapshot } from '../../../node/snapshot/snapshot.ts'
import { createMemoryStore } from '../../../node/store/memory.ts'
import type { Store } from '../../../node/store/port.ts'
import { toyGenesis, toyList } from '../../support/toy-chain.ts'
import { growPast } from '../../support/toy-history.ts'
import { peerKeyOf, silent, toyClock } from '../../support/toy-validator.ts'
import { createRooms } from '../replica/rooms.ts'

const peer = await createRooms()
await growPast(peer.ledger, { blocks: 90 })
const { height } = peer.ledger.head().header

type Power = { writes: number; failsAt: number; isKept: boolean }

/** The write at which the power goes is on disk or not. */
function fragile(medium: Store, power: Power): Store {
  return {
    ...medium,
    write: async (change) => {
      power.writes += 1
      if (power.writes === power.failsAt && power.isKept) await medium.write(change)
      if (power.writes >= power.failsAt) throw new Error('the power is gone')
      await medium.write(change)
    },
  }
}

const open = (store: Store) => openLedger({ store, genesis: toyGenesis(), list: toyList })

async function join(store: Store): Promise<boolean> {
  const ledger = await open(store)
  const snapshot = createSnapshot({
    ...{ ledger, verifySignature, clock: toyClock, log: silent, checkpoint: undefined },
    host: {
      request: async (_, bytes) => {
        const answer = await serve(peer, bytes)
        return answer === undefined ? { ok: false, code: 'REFUSED' } : { ok: true, bytes: answer }
      },
    },
    adopt: (state, adoption) => state.finish(adoption),
  })
  const onLie = (_: unknown, reason: string) => t.fail(`called a liar: ${reason}`)
  const from = { believed: () => [peerKeyOf(0)], supported: () => height, onLie }
  return snapshot.run(from).finally(snapshot.stop)
}

async function isSound(store: Store): Promise<number> {
  const parts = { store, genesis: toyGenesis(), list: toyList, verifySignature }
  const found = await audit(parts)
  t.match(found, { ok: true })
  return found.height
}

t.test('an import that is interrupted anywhere begins again', async (t) => {
  const whole = { writes: 0, failsAt: Number.POSITIVE_INFINITY, isKept: false }
  t.ok(await join(fragile(createMemoryStore(), whole)))
  t.ok(whole.writes > 3, `${whole.writes} writes`)
  // The first write makes block 0.
  for (let failsAt = 2; failsAt <= whole.writes; failsAt++) {
    for (const isKept of [true, false]) {
      const medium = createMemoryStore()
      await t.rejects(join(fragile(medium, { writes: 0, failsAt, isKept })), /power/)
      const isLast = failsAt === whole.writes && isKept
      await open(medium)
      t.equal(await isSound(medium), isLast ? height : 0)
      if (!isLast) t.ok(await join(medium))
      t.equal(await isSound(medium), height)
      const ledger = await open(medium)
      t.equal(ledger.head().id, peer.ledger.head().id)
    }
  }
})
