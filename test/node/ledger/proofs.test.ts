// What the ledger proves about its blocks and its state, checked as a client does: against a header alone.
import t from 'tap'
import { type Codec, CodecError, decode, encode } from '../../../vm/codec.ts'
import {
  eventAbsenceProofCodec,
  eventProofCodec,
  receiptProofCodec,
  stateProofCodec,
  transactionProofCodec,
  verifyEventAbsenceProof,
  verifyEventProof,
  verifyReceiptProof,
  verifyStateProof,
  verifyTransactionProof,
} from '../../../vm/proof.ts'
import type { Hex } from '../../../vm/types.ts'
import { act, cells, idOf, PEOPLE, putOf, TOY } from '../../support/toy-chain.ts'
import { grow, openToy } from '../../support/toy-ledger.ts'

/** Every flipped bit of the encoded proof is refused by the codec or by the verification. */
function countAcceptedFlips<P>(codec: Codec<P>, proof: P, accepts: (proof: P) => boolean): number {
  const bytes = encode(codec, proof)
  let accepted = 0
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const mutated = Uint8Array.from(bytes, (byte, i) =>
      i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte,
    )
    try {
      if (accepts(decode(codec, mutated))) accepted++
    } catch (error) {
      if (!(error instanceof CodecError)) throw error
    }
  }
  return accepted
}

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the ledger has it')
  return value
}

const recipients = [idOf('r', 0), idOf('r', 1), idOf('r', 2)].sort()
const ledger = await openToy()
const transactions = ['a', 'late', 'b', 'c', 'd'].map((name) => act(putOf(name, [1], recipients)))
const { header } = await grow(ledger, transactions)
const { header: quiet } = await grow(ledger, [act(putOf('e'))])

t.test('each transaction and its receipt are proven, at their place', async (t) => {
  for (const [index, { transaction }] of transactions.entries()) {
    const { height, proof } = present(ledger.proveTransaction(transaction.id))
    t.same([height, proof.at.index, proof.at.count], [1, index, 5])
    t.ok(verifyTransactionProof(header, transaction.id, proof))
    t.notOk(verifyTransactionProof(quiet, transaction.id, proof), 'not in the next block')
    t.notOk(verifyTransactionProof(header, idOf('other'), proof))
    const receipt = present(ledger.proveReceipt(transaction.id)).proof
    const shown = verifyReceiptProof(header, transaction.id, receipt)
    t.match(shown, { ok: true, value: { code: index === 1 ? 'LATE' : '' } })
    t.notOk(verifyReceiptProof(header, idOf('other'), receipt).ok, 'of another transaction')
  }
  t.equal(ledger.proveTransaction(idOf('unknown')), undefined)
  t.equal(ledger.proveReceipt(idOf('unknown')), undefined)
})

t.test('each event is proven with what it says', async (t) => {
  for (let index = 0; index < 12; index++) {
    const proof = present(ledger.proveEvent({ height: 1, index }))
    t.match(verifyEventProof(header, proof), { ok: true, value: { index, kind: 'toy.told' } })
    t.notOk(verifyEventProof(quiet, proof).ok)
  }
  t.equal(ledger.proveEvent({ height: 1, index: 12 }), undefined)
})

/** The recipient that comes just before or after. */
const beside = (recipient: string, step: bigint) =>
  `0x${(BigInt(recipient) + step).toString(16).padStart(64, '0')}` as const

t.test(
  'the absence of events is proven by neighbours, and only where there are none',
  async (t) => {
    const absent = recipients.flatMap((id) => [beside(id, -1n), beside(id, 1n)])
    for (const recipient of [...absent, `0x${'00'.repeat(32)}`, `0x${'ff'.repeat(32)}`] as const) {
      const proof = present(ledger.proveEventAbsence({ height: 1, recipient }))
      t.ok(verifyEventAbsenceProof(header, recipient, proof), recipient)
      for (const told of recipients) t.notOk(verifyEventAbsenceProof(header, told, proof))
    }
    for (const recipient of recipients)
      t.equal(ledger.proveEventAbsence({ height: 1, recipient }), undefined)
    const none = present(ledger.proveEventAbsence({ height: 2, recipient: idOf('x') }))
    t.same(none, { before: null, after: null })
    t.ok(verifyEventAbsenceProof(quiet, idOf('x'), none))
    t.notOk(verifyEventAbsenceProof(header, idOf('x'), none), 'that block has events')
  },
)

t.test('neighbours that are not side by side, or not at the edge, prove nothing', async (t) => {
  // Four transactions tell the same three recipients: events 0, 3, 6, 9 are the first one's, and so on.
  const eventAt = (index: number) => present(ledger.proveEvent({ height: 1, index }))
  const [low, middle, high] = recipients as [Hex, Hex, Hex]
  const claims = (recipient: Hex, before: number | null, after: number | null) =>
    verifyEventAbsenceProof(header, recipient, {
      before: before === null ? null : eventAt(before),
      after: after === null ? null : eventAt(after),
    })
  t.notOk(claims(middle, 9, 2), 'its own events stand between them')
  t.notOk(claims(beside(low, -1n), null, 3), 'something may stand before the second event')
  t.notOk(claims(beside(high, 1n), 8, null), 'the last event is missing')
  t.notOk(claims(beside(low, 1n), 9, null), 'half of the neighbours')
  t.ok(claims(beside(low, 1n), 9, 1))
  t.notOk(claims(beside(low, 1n), 1, 9), 'the wrong way round')
})

t.test('a recipient in another spelling has no absence', async (t) => {
  const shouted = `0x${present(recipients[1]).slice(2).toUpperCase()}` as const
  const proof = present(ledger.proveEventAbsence({ height: 1, recipient: shouted }))
  t.notOk(verifyEventAbsenceProof(header, shouted, proof))
})

t.test(
  'values and their absence are proven at the head, for the application asked for',
  async (t) => {
    const { height, proof } = ledger.proveState(cells.key('a'))
    t.equal(height, 2)
    const shown = verifyStateProof(quiet, cells.key('a'), proof)
    t.same(shown, { ok: true, value: new Uint8Array([0x41, 1]) })
    t.notOk(verifyStateProof(header, cells.key('a'), proof).ok, 'the state of another height')
    t.notOk(verifyStateProof(quiet, cells.key('b'), proof).ok, 'another key')
    t.notOk(
      verifyStateProof(quiet, { app: PEOPLE, key: 'cell/a' }, proof).ok,
      'another application',
    )
    t.notOk(verifyStateProof(quiet, cells.key('a'), { ...proof, value: null }).ok)
    const none = ledger.proveState(cells.key('nothing')).proof
    t.same(verifyStateProof(quiet, cells.key('nothing'), none), { ok: true, value: undefined })
    t.notOk(verifyStateProof(quiet, cells.key('a'), none).ok)
    const elsewhere = ledger.proveState({ app: PEOPLE, key: 'cell/a' }).proof
    t.same(verifyStateProof(quiet, { app: PEOPLE, key: 'cell/a' }, elsewhere), {
      ok: true,
      value: undefined,
    })
    t.notOk(
      verifyStateProof(quiet, { app: TOY, key: 'cell/a' }, elsewhere).ok,
      'absent there, not here',
    )
  },
)

t.test('every flipped bit of every kind of proof makes it fail', async (t) => {
  const id = present(transactions[3]).transaction.id
  const at = cells.key('c')
  const away = beside(recipients[1] as string, 1n)
  const accepted = {
    transaction: countAcceptedFlips(
      transactionProofCodec,
      present(ledger.proveTransaction(id)).proof,
      (proof) => verifyTransactionProof(header, id, proof),
    ),
    receipt: countAcceptedFlips(
      receiptProofCodec,
      present(ledger.proveReceipt(id)).proof,
      (proof) => verifyReceiptProof(header, id, proof).ok,
    ),
    event: countAcceptedFlips(
      eventProofCodec,
      present(ledger.proveEvent({ height: 1, index: 5 })),
      (proof) => verifyEventProof(header, proof).ok,
    ),
    absence: countAcceptedFlips(
      eventAbsenceProofCodec,
      present(ledger.proveEventAbsence({ height: 1, recipient: away })),
      (proof) => verifyEventAbsenceProof(header, away, proof),
    ),
    value: countAcceptedFlips(stateProofCodec, ledger.proveState(at).proof, (proof) => {
      return verifyStateProof(quiet, at, proof).ok
    }),
    none: countAcceptedFlips(
      stateProofCodec,
      ledger.proveState(cells.key('none')).proof,
      (proof) => verifyStateProof(quiet, cells.key('none'), proof).ok,
    ),
  }
  t.same(accepted, { transaction: 0, receipt: 0, event: 0, absence: 0, value: 0, none: 0 })
})
