// What a message must prove before the engine sees it: signatures, attachments, justification.
import t from 'tap'
import type { Justification, Message, PrePrepare, ViewChange } from '../../consensus/message.ts'
import { sealMessage, verifyMessage } from '../../consensus/verify.ts'
import {
  blocks,
  configFor,
  contextFor,
  height,
  justify,
  prePrepare,
  prepare,
  prepared,
  signed,
  viewChange,
} from './conversation.ts'
import { chainId } from './validators.ts'

const n = 4
const context = contextFor(n)

function verdict(message: Message, on = context): string {
  const verification = verifyMessage(on, message)
  return verification.ok ? 'ok' : verification.reason
}

const a0 = prePrepare({ n, view: 0, name: 'A' }) as PrePrepare
const nulls = [0, 2, 3].map((signer) => viewChange(signer, 2))
const certificate = prepared(n, 1, 'A')
const reporting = [viewChange(0, 2), viewChange(1, 2, certificate), viewChange(3, 2)]

function proposed(name: 'A' | 'B', justification: Justification | null): string {
  return verdict(prePrepare({ n, view: 2, name }, justification))
}

t.test('a vote counts for its signer, height, view, kind and chain only', async (t) => {
  const vote = prepare(2, 1, 'A')
  t.equal(verdict(vote), 'ok')
  t.equal(verdict({ ...vote, signer: 3 }), 'BAD_SIGNATURE')
  t.equal(verdict({ ...vote, view: 2 }), 'BAD_SIGNATURE')
  t.equal(verdict({ ...vote, kind: 'commit' } as Message), 'BAD_SIGNATURE')
  t.equal(verdict({ ...vote, height: height + 1 }), 'WRONG_HEIGHT')
  t.equal(verdict({ ...vote, signer: 4 }), 'UNKNOWN_SIGNER')
  t.equal(verdict({ ...vote, signature: vote.signature.subarray(1) }), 'BAD_SIGNATURE')
  const next = { ...context.config, height: height + 1 }
  t.equal(
    verdict({ ...vote, height: height + 1 }, { ...context, config: next }),
    'BAD_SIGNATURE',
    'the height is signed',
  )
  const other = { ...context.config, chainId: `0x${'ab'.repeat(32)}` as const }
  t.not(other.chainId, chainId)
  t.equal(verdict(vote, { ...context, config: other }), 'BAD_SIGNATURE', 'the chain is signed')
})

t.test(
  'a pre-prepare is of the primary of its view, and its attachments belong to its id',
  async (t) => {
    t.equal(verdict(a0), 'ok')
    const usurped = { kind: 'pre-prepare', height, view: 0, ...blocks.A, signer: 1 } as const
    t.equal(verdict({ ...signed(usurped), justification: null }), 'NOT_PRIMARY')
    t.equal(verdict({ ...a0, header: blocks.B.header }), 'BAD_ATTACHMENT')
    t.equal(verdict({ ...a0, transactions: blocks.B.transactions }), 'BAD_ATTACHMENT')
    t.equal(verdict({ ...a0, justification: justify(nulls) }), 'UNJUSTIFIED', 'view 0 needs none')
  },
)

t.test('rule 8: lengths are added up before anything is fetched', async (t) => {
  const [first] = blocks.A.transactions
  t.ok(first)
  if (first === undefined) return
  const many = Array.from({ length: 17 }, () => ({ ...first, length: 256 * 1024 }))
  t.equal(verdict({ ...a0, transactions: many }), 'TOO_LARGE')
})

t.test(
  'rule 1: a view above 0 needs exactly q view-changes for it by distinct validators',
  async (t) => {
    t.equal(proposed('A', justify(nulls)), 'ok')
    t.equal(proposed('A', null), 'UNJUSTIFIED')
    t.equal(proposed('A', justify(nulls.slice(1))), 'UNJUSTIFIED', 'two')
    t.equal(
      proposed('A', justify([...nulls.slice(1), viewChange(2, 2)])),
      'UNJUSTIFIED',
      'twice one',
    )
    t.equal(
      proposed('A', justify([...nulls.slice(1), viewChange(0, 1)])),
      'UNJUSTIFIED',
      'other view',
    )
    const outsider = { ...viewChange(0, 2), signer: 7 }
    t.equal(proposed('A', justify([...nulls.slice(1), outsider])), 'UNJUSTIFIED', 'no member')
    const forged = { ...viewChange(0, 2), signature: new Uint8Array(64) }
    t.equal(proposed('A', justify([...nulls.slice(1), forged])), 'UNJUSTIFIED', 'forged')
  },
)

t.test('rule 1: the highest report binds the primary, and is proven', async (t) => {
  t.equal(proposed('A', justify(reporting, certificate)), 'ok')
  t.equal(proposed('B', justify(reporting, certificate)), 'UNJUSTIFIED', 'another block')
  t.equal(proposed('A', justify(reporting)), 'UNJUSTIFIED', 'unproven')
  t.equal(proposed('A', justify(reporting, prepared(n, 0, 'A'))), 'UNJUSTIFIED', 'of another view')
  t.equal(proposed('B', justify(reporting, prepared(n, 1, 'B'))), 'UNJUSTIFIED', 'of another block')
  const two = prepared(n, 1, 'A', [0, 1])
  t.equal(proposed('A', justify(reporting, two)), 'UNJUSTIFIED', 'no quorum')
  const lower = [
    viewChange(0, 2),
    viewChange(1, 2, prepared(n, 0, 'B')),
    viewChange(3, 2, certificate),
  ]
  t.equal(proposed('A', justify(lower, certificate)), 'ok', 'lower reports need no certificate')
  t.equal(
    proposed('B', justify(lower, prepared(n, 0, 'B'))),
    'UNJUSTIFIED',
    'lower reports bind nobody',
  )
  const rival = viewChange(0, 2, prepared(n, 1, 'B'))
  t.equal(
    proposed('A', justify([rival, ...reporting.slice(1)], certificate)),
    'UNJUSTIFIED',
    'a rival report of the highest view may not be among them',
  )
})

t.test('rule 1: a report of the view itself or above justifies nothing', async (t) => {
  const high = viewChange(1, 2, prepared(n, 2, 'A'))
  t.equal(
    proposed('A', justify([viewChange(0, 2), high, viewChange(3, 2)], prepared(n, 2, 'A'))),
    'UNJUSTIFIED',
  )
})

t.test('a view-change without a valid matching certificate counts for nothing', async (t) => {
  const good = viewChange(1, 2, certificate)
  t.equal(verdict(good), 'ok')
  t.equal(verdict(viewChange(1, 2)), 'ok')
  t.equal(verdict({ ...good, certificate: null }), 'BAD_REPORT')
  t.equal(verdict({ ...viewChange(1, 2), certificate }), 'BAD_REPORT', 'a certificate of nothing')
  t.equal(verdict({ ...good, certificate: prepared(n, 1, 'B') }), 'BAD_REPORT')
  t.equal(verdict({ ...good, certificate: prepared(n, 0, 'A') }), 'BAD_REPORT')
  t.equal(verdict(viewChange(1, 2, prepared(n, 1, 'A', [0, 1]))), 'BAD_REPORT', 'no quorum')
  t.equal(verdict(viewChange(1, 1, certificate)), 'BAD_REPORT', 'not below the new view')
  t.equal(verdict(viewChange(1, 0)), 'BAD_REPORT', 'nobody changes to view 0')
  const spoiled = certificate.signatures.map((_, place) => new Uint8Array(64).fill(place))
  t.equal(verdict({ ...good, certificate: { ...certificate, signatures: spoiled } }), 'BAD_REPORT')
})

t.test('trace 3: a report cannot be stripped from another validator’s view-change', async (t) => {
  const stripped: ViewChange = {
    ...viewChange(1, 2, certificate),
    prepared: null,
    certificate: null,
  }
  t.equal(verdict(stripped), 'BAD_SIGNATURE', 'the report is part of the signed body')
  t.equal(proposed('B', justify([viewChange(0, 2), stripped, viewChange(3, 2)])), 'UNJUSTIFIED')
})

t.test('an own message is checked once more before it leaves', async (t) => {
  const own = { ...context, config: configFor(n, 2) }
  const { signature, ...unsigned } = signed({
    ...{ kind: 'prepare', height, view: 0, signer: 2 },
    blockId: blocks.A.blockId,
  } as const)
  t.same(sealMessage(own, unsigned, signature), { ...unsigned, signature })
  t.throws(() => sealMessage(own, unsigned, new Uint8Array(64)), /not the registered one/)
  t.throws(() => sealMessage(own, { ...unsigned, signer: 1 }, signature), /signs for itself/)
})
