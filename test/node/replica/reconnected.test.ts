// A peer that connects again may have another disk: what it said before counts no more.
import { setImmediate as nextTurn } from 'node:timers/promises'
import t from 'tap'
import type { Clock } from '../../../node/clock.ts'
import { headAnswerCodec } from '../../../node/protocol.ts'
import { createSync, syncDefaults } from '../../../node/replica/sync.ts'
import { encodeHeader } from '../../../vm/block.ts'
import { encode } from '../../../vm/codec.ts'
import { createRogue, openShadow, requestIn } from '../../support/toy-network.ts'
import { peerKeyOf, silent } from '../../support/toy-validator.ts'
import { createWire } from '../../support/wire.ts'

/** Moved by the test alone. */
function createTime() {
  let nowMs = 0
  let plans: { readonly atMs: number; readonly run: () => void }[] = []
  const clock: Clock = {
    nowMs: () => nowMs,
    monotonicMs: () => nowMs,
    after: (delayMs, run) => {
      const plan = { atMs: nowMs + delayMs, run }
      plans.push(plan)
      return () => {
        plans = plans.filter((other) => other !== plan)
      }
    },
    turn: () => nextTurn(),
  }
  const pass = (ms: number): void => {
    nowMs += ms
    const due = plans.filter(({ atMs }) => atMs <= nowMs)
    plans = plans.filter(({ atMs }) => atMs > nowMs)
    for (const { run } of due) run()
  }
  return { clock, pass }
}

t.test('is not asked for blocks before it says again that it has them', async (t) => {
  const wire = createWire()
  const peer = createRogue(wire, 1)
  const host = wire.host(peerKeyOf(0))
  const { clock, pass } = createTime()
  const sync = createSync({
    ...{ host, clock, log: silent, settings: syncDefaults },
    height: () => 1,
    honest: () => 1,
    seats: () => new Set([peer.peerKey]),
    apply: async () => true,
    fetchState: async () => false,
    onCaughtUp: () => undefined,
  })
  t.teardown(sync.stop)
  let welcomed = Promise.resolve()
  host.onConnected((peerKey) => {
    welcomed = sync.welcome(peerKey)
  })

  const { header, certificateBytes: certificate } = (await openShadow()).head()
  const head = encode(headAnswerCodec, {
    ...{ header: encodeHeader({ ...header, height: 2 }), certificate, lowest: 1 },
  })
  let late = Promise.withResolvers<Uint8Array>()
  peer.answer(({ kind }) => (kind === 'head' ? (late.promise as Promise<never>) : undefined))
  late.resolve(head)
  wire.connect(host.peerKey, peer.peerKey)
  await welcomed
  late = Promise.withResolvers()
  wire.cut(host.peerKey, peer.peerKey)
  wire.connect(host.peerKey, peer.peerKey)
  let isAsked = false
  const blocks = wire
    .next((letter) => requestIn(letter)?.kind === 'blocks')
    .then(() => {
      isAsked = true
    })
  pass(1_000)
  await nextTurn()
  t.notOk(isAsked)
  late.resolve(head)
  await welcomed
  pass(1_000)
  await blocks
})
