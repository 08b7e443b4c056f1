// The bytes of every message: frozen, read back exactly, and refused when they are anything else.
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import t from 'tap'
import { preparedCertificateCodec } from '../../consensus/certificate.ts'
import { journalEntryCodec } from '../../consensus/journal-entry.ts'
import { decodeMessage, encodeMessage, type Message } from '../../consensus/message.ts'
import { fromHex, toHex } from '../../vm/bytes.ts'
import { CodecError, decode, encode } from '../../vm/codec.ts'
import { voteDigest } from '../../vm/vote.ts'
import {
  blocks,
  commit,
  justify,
  prePrepare,
  prepare,
  prepared,
  viewChange,
} from './conversation.ts'
import { chainId } from './validators.ts'

const n = 4
const certificate = prepared(n, 0, 'A')
const samples: Readonly<Record<string, Message>> = {
  'pre-prepare of view 0': prePrepare({ n, view: 0, name: 'A' }),
  'pre-prepare of view 1, free': prePrepare(
    { n, view: 1, name: 'B' },
    justify([0, 1, 2].map((signer) => viewChange(signer, 1))),
  ),
  'pre-prepare of view 1, bound': prePrepare(
    { n, view: 1, name: 'A' },
    justify([viewChange(0, 1), viewChange(1, 1, certificate), viewChange(3, 1)], certificate),
  ),
  prepare: prepare(2, 1, 'A'),
  commit: commit(3, 1, 'A'),
  'view-change without a report': viewChange(0, 1),
  'view-change with a report': viewChange(1, 2, certificate),
}
const entry = { message: commit(1, 0, 'A'), certificate, block: null }
const entryOfPrepare = { message: prepare(1, 0, 'A'), certificate: null, block: blocks.A }

/** Under each name the bytes, and for a message the digest that is signed. */
const actual = {
  chainId,
  messages: Object.fromEntries(
    Object.entries(samples).map(([name, message]) => [
      name,
      { bytes: toHex(encodeMessage(message)), signed: toHex(voteDigest(chainId, message)) },
    ]),
  ),
  certificate: toHex(encode(preparedCertificateCodec, certificate)),
  journalEntries: [entry, entryOfPrepare].map((each) => toHex(encode(journalEntryCodec, each))),
}

t.test('the bytes and the signed digests are the frozen ones', async (t) => {
  const path = new URL('../vectors/consensus.json', import.meta.url)
  t.same(actual, JSON.parse(readFileSync(path, 'utf8')))
})

t.test('what is encoded is decoded to the same', async (t) => {
  for (const [name, message] of Object.entries(samples)) {
    t.same(decodeMessage(encodeMessage(message)), message, name)
  }
  for (const each of [entry, entryOfPrepare]) {
    t.same(decode(journalEntryCodec, encode(journalEntryCodec, each)), each)
  }
})

t.test('no bytes make the decoder do anything but decode or refuse', async (t) => {
  const tries = (bytes: Uint8Array): void => {
    try {
      const message = decodeMessage(bytes)
      // One spelling for each message: what was accepted is what would be sent.
      if (toHex(encodeMessage(message)) !== toHex(bytes)) throw new Error('a second spelling')
    } catch (error) {
      if (!(error instanceof CodecError)) throw error
    }
  }
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), tries), { seed: 1, numRuns: 2_000 })
  const encoded = Object.values(samples).map(encodeMessage)
  const flip = fc.record({
    bytes: fc.constantFrom(...encoded),
    place: fc.nat(),
    value: fc.nat(255),
    cut: fc.nat(20),
  })
  const mutate = fc.property(flip, ({ bytes, place, value, cut }) => {
    const changed = new Uint8Array(bytes)
    changed[place % bytes.length] = value
    tries(cut === 0 ? changed.subarray(0, place % bytes.length) : changed)
  })
  fc.assert(mutate, { seed: 2, numRuns: 5_000 })
  t.pass('nothing but CodecError came out')
})

t.test('versions, kinds, lengths and fields that are not known are refused', async (t) => {
  const vote = encodeMessage(samples['prepare'] as Message)
  const refuses = (change: (bytes: Uint8Array) => Uint8Array, why: string) =>
    t.throws(() => decodeMessage(change(new Uint8Array(vote))), CodecError, why)
  refuses((bytes) => bytes.with(1, 2), 'version 2')
  refuses((bytes) => bytes.with(3, 9), 'kind 9')
  refuses((bytes) => new Uint8Array([...bytes, 0]), 'a byte too many')
  refuses((bytes) => bytes.subarray(0, -1), 'a byte too few')
  refuses((bytes) => new Uint8Array([0x82, 0x18, 0x01, ...bytes.subarray(2)]), 'not canonical')
  t.throws(() => decodeMessage(new Uint8Array()), CodecError)
  const long = { ...(samples['prepare'] as Message), signature: new Uint8Array(65) }
  t.throws(() => encodeMessage(long), CodecError, 'a signature has 64 bytes')
})

t.test('a signature covers the vote and no attachment', async (t) => {
  const bound = samples['pre-prepare of view 1, bound'] as Message
  const bare = {
    ...bound,
    justification: null,
    transactions: [],
    header: new Uint8Array(1),
  } as Message
  t.same(voteDigest(chainId, bare), voteDigest(chainId, bound))
  t.notSame(voteDigest(chainId, { ...bound, view: 2 }), voteDigest(chainId, bound))
  const digests = Object.values(actual.messages).map(({ signed }) => signed)
  t.equal(new Set(digests).size, digests.length)
  t.equal(fromHex(digests[0] as `0x${string}`).length, 32)
})
