// The height at which a lost lock may be made anew: exactly two above the highest that a quorum of others has shown, not one.
import t from 'tap'
import { verifySignature } from '../../../node/crypto/ed25519.ts'
import { headAnswerCodec } from '../../../node/protocol.ts'
import { createLostLock } from '../../../node/replica/lost-lock.ts'
import { encode } from '../../../vm/codec.ts'
import type { PublicKey } from '../../../vm/types.ts'
import { buildFor, certified, fresh, openShadow } from '../../support/toy-network.ts'
import { peerKeyOf } from '../../support/toy-validator.ts'

/** A ledger, what its peers show of their heads, and the lost lock on it. */
async function scene() {
  const ledger = await openShadow()
  const shown = new Map<PublicKey, Uint8Array>()
  const request = async (peerKey: PublicKey) => shown.get(peerKey)
  const lost = createLostLock({ ledger, verifySignature, request })
  const grow = async (): Promise<Uint8Array> => {
    const executed = buildFor(ledger, 0, [fresh()])
    const { header, certificate } = certified(executed)
    await ledger.commit(executed, certificate)
    return encode(headAnswerCodec, { header, certificate, lowest: 0 })
  }
  return { ledger, shown, lost, grow }
}

t.test('one height above what was shown is too early, two are enough', async (t) => {
  const { ledger, shown, lost, grow } = await scene()
  const heads = [await grow(), await grow(), await grow()]
  for (const [place, head] of heads.entries()) shown.set(peerKeyOf(place), head)
  for (const place of [0, 1, 2]) await lost.ask(peerKeyOf(place))
  t.equal(ledger.head().header.height, 3)
  t.equal(lost.floor(), undefined, 'at the highest shown')
  await grow()
  t.equal(lost.floor(), undefined, 'one above')
  await grow()
  t.equal(lost.floor(), 5, 'two above: nothing at or below the head may be signed')
})

t.test('fewer others than a quorum are not enough, at whatever height', async (t) => {
  const { shown, lost, grow } = await scene()
  const head = await grow()
  for (const place of [0, 1]) {
    shown.set(peerKeyOf(place), head)
    await lost.ask(peerKeyOf(place))
  }
  for (let count = 0; count < 5; count++) await grow()
  t.equal(lost.floor(), undefined)
  await lost.ask(peerKeyOf(2))
  t.equal(lost.floor(), undefined, 'who does not answer shows nothing')
  shown.set(peerKeyOf(2), head)
  await lost.ask(peerKeyOf(2))
  t.equal(lost.floor(), 6)
})
