// Holders of a state that never send it: nobody waits for them for ever, and what others hold, too, comes first.
import t, { type Test } from 'tap'
import { verifySignature } from '../../../node/crypto/ed25519.ts'
import { openLedger } from '../../../node/ledger/open.ts'
import { requestCodec } from '../../../node/protocol.ts'
import { serve } from '../../../node/replica/serve.ts'
import { beginDownload, downloadState } from '../../../node/snapshot/download.ts'
import { createKeptStates } from '../../../node/snapshot/kept-states.ts'
import { createSnapshot } from '../../../node/snapshot/snapshot.ts'
import { createMemoryStore } from '../../../node/store/memory.ts'
import { decode } from '../../../vm/codec.ts'
import type { PublicKey } from '../../../vm/types.ts'
import { idOf, toyGenesis, toyList } from '../../support/toy-chain.ts'
import { growPast } from '../../support/toy-history.ts'
import { peerKeyOf, silent, toyClock, toyParameters } from '../../support/toy-validator.ts'

t.test('a state whose only holder sends nothing is given up', async (t) => {
  const asked: string[] = []
  const ports = {
    request: async (peerKey: string) => {
      if (asked.length > 100) throw new RangeError('asked for ever')
      asked.push(peerKey)
      return undefined
    },
    onLie: () => t.fail('late is no lie'),
    put: async () => undefined,
    stopped: () => false,
  }
  const roots = [{ app: 1, root: new Uint8Array(32).fill(7) }]
  const progress = beginDownload(roots)
  const download = { blockId: idOf('block'), height: 9, progress, sources: [peerKeyOf(0)] }
  t.equal(await downloadState(ports, download), undefined)
  t.ok(asked.length < 20, `asked ${asked.length} times`)
})

/** A peer as it was at some height. */
async function holder(blocks: number) {
  const genesis = toyGenesis(toyParameters)
  const ledger = await openLedger({ store: createMemoryStore(), genesis, list: toyList })
  await growPast(ledger, { blocks })
  const kept = createKeptStates({ ledger, clock: toyClock })
  const rooms = { ledger, kept, bodies: undefined, blocks: undefined }
  return (bytes: Uint8Array) => serve(rooms as unknown as Parameters<typeof serve>[0], bytes)
}

/** One that has nothing fetches a state of height 70, which some hold; the only one that has that of 80 sends nothing of it. */
async function fetchBeside(t: Test, holders: readonly PublicKey[]) {
  const [older, newer] = await Promise.all([holder(70), holder(80)])
  const liar = peerKeyOf(0)
  const asked = new Set<string>()
  const genesis = toyGenesis(toyParameters)
  const ledger = await openLedger({ store: createMemoryStore(), genesis, list: toyList })
  const snapshot = createSnapshot({
    ...{ ledger, verifySignature, clock: toyClock, log: silent, checkpoint: undefined },
    host: {
      request: async (peerKey, bytes) => {
        const { kind } = decode(requestCodec, bytes)
        if (kind === 'state') asked.add(peerKey)
        const answer = await (peerKey === liar ? newer : older)(bytes)
        const isSilent = peerKey === liar && kind === 'state'
        if (isSilent || answer === undefined) return { ok: false, code: 'TIMEOUT' }
        return { ok: true, bytes: answer }
      },
    },
    adopt: (state, adoption) => state.finish(adoption),
  })
  t.teardown(snapshot.stop)
  const believed = () => [liar, ...holders]
  const onLie = () => t.fail('nobody lies')
  t.ok(await snapshot.run({ believed, supported: () => 80, onLie }))
  t.equal(ledger.head().header.height, 70)
  return { wasAsked: asked.has(liar) }
}

t.test('what validators hold together is fetched before what one alone offers', async (t) => {
  const { wasAsked } = await fetchBeside(t, [peerKeyOf(1), peerKeyOf(2)])
  t.notOk(wasAsked)
})

t.test('a state that cannot be had is followed by the next older one', async (t) => {
  const { wasAsked } = await fetchBeside(t, [peerKeyOf(1)])
  t.ok(wasAsked)
})
