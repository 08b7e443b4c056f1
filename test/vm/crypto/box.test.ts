// Openable boxes: sealed to several recipients under one key, opened by the right one, judged by everybody.
import t from 'tap'
import { createNativeGroup } from '../../../node/crypto/ristretto255.ts'
import { asciiBytes, toHex } from '../../../vm/bytes.ts'
import {
  BOX_OVERHEAD,
  openBox,
  openBoxWith,
  proveEphemeral,
  revealOpening,
  sealBox,
  verifyEphemeral,
  verifyOpening,
} from '../../../vm/crypto/box.ts'
import { ristretto255 } from '../../../vm/crypto/ristretto255.ts'

const group = await createNativeGroup()
const random = new Uint8Array(32).fill(5)
const session = new Uint8Array(32).fill(6)
const a = 987_654_321n
const E = group.multiplyBase(a)
const secretKeys = [11n, 12n, 13n].map((key) => key ** 60n % group.order)
const recipients = secretKeys.map((key) => group.multiplyBase(key))
const messages = ['share of one', 'share of two', 'share of three'].map(asciiBytes)
const places = recipients.map((recipient, i) => ({ E, recipient, context: asciiBytes(`box ${i}`) }))
const [place, secondPlace] = places
if (place === undefined || secondPlace === undefined) throw new Error('three places')
const boxes = places.map((at, i) =>
  sealBox(group, at, { a, message: messages[i] ?? new Uint8Array(0) }),
)
const secretKey = secretKeys[0] ?? 0n
const box = boxes[0] ?? new Uint8Array(0)

t.test('each recipient opens its own box and no other', async (t) => {
  places.forEach((at, i) => {
    secretKeys.forEach((key, j) => {
      const opened = openBox(group, at, { secretKey: key, box: boxes[i] ?? box })
      t.same(opened, i === j ? messages[i] : undefined, `box ${i}, key ${j}`)
    })
    t.equal(boxes[i]?.length, (messages[i]?.length ?? 0) + BOX_OVERHEAD)
  })
})

t.test('the bytes are the same in both groups', async (t) => {
  const reference = {
    E: ristretto255.multiplyBase(a),
    recipient: ristretto255.multiplyBase(secretKey),
    context: place.context,
  }
  const message = messages[0] ?? new Uint8Array(0)
  t.equal(toHex(sealBox(ristretto255, reference, { a, message })), toHex(box))
})

t.test('another context, key or ephemeral, a changed or short box: garbage', async (t) => {
  const shared = group.multiply(E, secretKey)
  const other = group.multiplyBase(5n)
  for (const [name, at] of Object.entries({
    context: { ...place, context: asciiBytes('box 9') },
    recipient: { ...place, recipient: other },
    ephemeral: { ...place, E: other },
  }))
    t.equal(openBoxWith(group, at, { shared, box }), undefined, name)
  for (let i = 0; i < box.length; i++) {
    const changed = box.slice()
    changed[i] = (changed[i] ?? 0) ^ 0x40
    t.equal(openBox(group, place, { secretKey, box: changed }), undefined, `byte ${i}`)
  }
  for (const size of [0, 1, 15, 16, box.length - 1])
    t.equal(openBox(group, place, { secretKey, box: box.subarray(0, size) }), undefined)
})

t.test('a published opening is judged by everybody and opens this box only', async (t) => {
  const opening = revealOpening(group, { E, session }, { secretKey, random })
  const at = { E, recipient: place.recipient, session }
  t.ok(verifyOpening(group, at, opening))
  t.same(openBoxWith(group, place, { shared: opening.Z, box }), messages[0])
  const second = boxes[1] ?? box
  t.equal(openBoxWith(group, secondPlace, { shared: opening.Z, box: second }), undefined)
  t.notOk(verifyOpening(group, { ...at, session: new Uint8Array(32) }, opening), 'session')
  t.notOk(verifyOpening(group, { ...at, recipient: secondPlace.recipient }, opening), 'key')
  t.notOk(verifyOpening(group, { ...at, E: group.base }, opening), 'ephemeral')
  const wrong = group.multiply(E, secretKey + 1n)
  t.notOk(verifyOpening(group, at, { ...opening, Z: wrong }), 'another Z')
  t.notOk(verifyOpening(group, at, { ...opening, Z: group.identity }), 'Z = 0')
  t.notOk(verifyOpening(group, at, { ...opening, proof: opening.proof.subarray(1) }), 'length')
})

t.test(
  'the proof of the ephemeral key is bound to session and recipients; a copied E is refused',
  async (t) => {
    const at = { E, recipients, session }
    const proof = proveEphemeral(group, at, { a, random })
    t.equal(proof.length, 64)
    t.ok(verifyEphemeral(group, at, proof))
    const thief = { ...at, session: new Uint8Array(32).fill(7) }
    t.notOk(verifyEphemeral(group, thief, proof), 'copied into another session')
    t.notOk(verifyEphemeral(group, { ...at, recipients: recipients.slice(1) }, proof))
    t.notOk(verifyEphemeral(group, { ...at, recipients: recipients.toReversed() }, proof))
    t.notOk(verifyEphemeral(group, { ...at, recipients: [...recipients, E] }, proof))
    t.notOk(verifyEphemeral(group, { ...at, E: group.base }, proof))
    t.notOk(verifyEphemeral(group, { ...at, E: group.identity }, new Uint8Array(64)), 'E = 0')
    t.throws(() => proveEphemeral(group, { ...at, E: group.identity }, { a: 0n, random }), {
      name: 'AssertionError',
    })
  },
)
