// Blocks with certificates: what holds is stored, what is forged is refused, what cannot be reproduced stops the node.
import t, { type Test } from 'tap'
import { decodeCommitCertificate, encodeCommitCertificate } from '../../../consensus/certificate.ts'
import { verifySignature } from '../../../node/crypto/ed25519.ts'
import type { CertifiedBlock } from '../../../node/protocol.ts'
import { reproduce } from '../../../node/replica/certified.ts'
import { blockId, decodeHeader, encodeHeader, type Header } from '../../../vm/block.ts'
import { act, putOf } from '../../support/toy-chain.ts'
import { certify, grow } from '../../support/toy-ledger.ts'
import { createRooms } from './rooms.ts'

/** A node at genesis, and the first two blocks of a chain that it has not seen. */
async function scene() {
  const source = await createRooms()
  for (const name of ['one', 'two']) await grow(source.ledger, [act(putOf(name)), act(putOf('x'))])
  const [first, second] = [1, 2].map((height): CertifiedBlock => {
    const block = source.ledger.block(height)
    if (block === undefined) throw new RangeError(`${height}`)
    const { headerBytes, transactions, certificateBytes } = block
    return { header: headerBytes, envelopes: transactions, certificate: certificateBytes }
  })
  if (first === undefined || second === undefined) throw new RangeError('two blocks')
  const node = await createRooms()
  const take = (block: CertifiedBlock) => reproduce({ ...node, verifySignature }, block)
  return { node, source, first, second, take }
}

/** The block under another header, certified by a quorum that does not look. */
function recertified(block: CertifiedBlock, change: Partial<Header>): CertifiedBlock {
  const header = { ...decodeHeader(block.header), ...change }
  const headerBytes = encodeHeader(header)
  const id = blockId(headerBytes)
  return { ...block, header: headerBytes, certificate: certify({ header, headerBytes, id }, 4) }
}

t.test('a certified block is executed to the same roots', async (t) => {
  const { take, first, source } = await scene()
  const outcome = await take(first)
  t.match(outcome, { kind: 'reproduced', view: 0 })
  if (outcome.kind !== 'reproduced') return
  t.equal(outcome.executed.header.stateRoot, source.ledger.header(1)?.header.stateRoot)
})

t.test('another height than the next is left alone', async (t) => {
  const { take, second } = await scene()
  t.match(await take(second), { kind: 'other-height' })
})

t.test('what is forged is refused and proves nothing', async (t) => {
  const { take, node, first, second } = await scene()
  const certificate = decodeCommitCertificate(first.certificate)
  const flipped = (bytes: Uint8Array): Uint8Array => {
    const copy = Uint8Array.from(bytes)
    copy[copy.length - 1] = (copy.at(-1) ?? 0) ^ 1
    return copy
  }
  const [head = new Uint8Array(), ...rest] = first.envelopes
  const cases: readonly (readonly [why: string, block: CertifiedBlock])[] = [
    ['a certificate of another block', { ...first, certificate: second.certificate }],
    ['no certificate', { ...first, certificate: new Uint8Array([0x80]) }],
    [
      'a certificate of fewer than a quorum',
      {
        ...first,
        certificate: encodeCommitCertificate({
          ...certificate,
          signers: new Uint8Array([0b0011]),
          signatures: certificate.signatures.slice(0, 2),
        }),
      },
    ],
    [
      'a signature that is none',
      {
        ...first,
        certificate: encodeCommitCertificate({
          ...certificate,
          signatures: certificate.signatures.map((one, index) =>
            index === 1 ? flipped(one) : one,
          ),
        }),
      },
    ],
    [
      'a header that nobody signed',
      {
        ...first,
        header: encodeHeader({
          ...decodeHeader(first.header),
          stateRoot: `0x${'11'.repeat(32)}` as const,
        }),
      },
    ],
    ['a header that is none', { ...first, header: new Uint8Array([1, 2, 3]) }],
    ['a transaction less', { ...first, envelopes: rest }],
    ['transactions in another order', { ...first, envelopes: [...rest, head] }],
    ['a body whose signature fails', { ...first, envelopes: [flipped(head), ...rest] }],
    ['a body that is none', { ...first, envelopes: [new Uint8Array([0]), ...rest] }],
  ]
  for (const [why, block] of cases) t.match(await take(block), { kind: 'bad' }, why)
  t.equal(node.ledger.head().header.height, 0, 'nothing of it is stored')
  t.match(await take(first), { kind: 'reproduced' }, 'and the real one still holds')
})

async function diverges(t: Test, change: Partial<Header>): Promise<void> {
  const { take, first } = await scene()
  await t.rejects(take(recertified(first, change)), { code: 'DIVERGED' })
}

t.test('a certified block that cannot be reproduced stops the node', async (t) => {
  const other = `0x${'22'.repeat(32)}` as const
  await diverges(t, { stateRoot: other })
  await diverges(t, { receiptRoot: other })
  await diverges(t, { eventRoot: other })
  await diverges(t, { validatorsRoot: other })
  await diverges(t, { parent: other })
})
