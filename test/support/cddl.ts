// docs/epione.cddl from the codecs; run directly it writes the file.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as bank from '../../apps/bank/state.ts'
import * as committee from '../../apps/committee/state.ts'
import * as committeeValues from '../../apps/committee/values.ts'
import { appList } from '../../apps/index.ts'
import { organizationKind } from '../../apps/registry/roles.ts'
import * as registry from '../../apps/registry/state.ts'
import * as vault from '../../apps/vault/state.ts'
import * as vaultValues from '../../apps/vault/values.ts'
import { keptVotesCodec } from '../../client/signed-vote.ts'
import { commitCertificateCodec, preparedCertificateCodec } from '../../consensus/certificate.ts'
import { journalEntryCodec } from '../../consensus/journal-entry.ts'
import { messageCodec } from '../../consensus/message.ts'
import { cardCodec } from '../../genesis/cards.ts'
import { hashedGenesisCodec } from '../../genesis/schema.ts'
import * as records from '../../node/ledger/records.ts'
import { controlMessageCodec } from '../../node/p2p/control.ts'
import * as protocol from '../../node/protocol.ts'
import { journalRecordCodec } from '../../node/replica/promise.ts'
import { voteSlotCodec } from '../../node/vote-slots.ts'
import type { App } from '../../vm/app.ts'
import { batchCodec } from '../../vm/batch.ts'
import { appLeafCodec, eventCodec, headerCodec, receiptCodec } from '../../vm/block.ts'
import type { Cddl } from '../../vm/codec.ts'
import { bytes, uint } from '../../vm/codec-scalar.ts'
import { writeSetCodec } from '../../vm/execute-transaction.ts'
import * as proofs from '../../vm/proof.ts'
import { bodyCodec, envelopeCodec } from '../../vm/transaction.ts'
import { validatorsCodec } from '../../vm/validator.ts'
import { voteCodec } from '../../vm/vote.ts'
import { layout } from './cddl-layout.ts'

/** Short names of what stands everywhere. */
const aliases: readonly (readonly [name: string, expression: string])[] = [
  ['u53', uint().cddl.expression],
  ['u32', uint(2 ** 32 - 1).cddl.expression],
  ['u16', uint(0xffff).cddl.expression],
  ['bytes32', bytes(32).cddl.expression],
  ['bytes64', bytes(64).cddl.expression],
  ['organization-kind', organizationKind.cddl.expression],
]

function shorten(expression: string): string {
  return aliases.reduce((text, [name, long]) => text.replaceAll(long, name), expression)
}

/** Anything that has a description. */
type Described = { readonly cddl: Cddl }
type Section = {
  readonly title: string
  /** What CDDL cannot say: hashes, framing, keys. */
  readonly notes?: readonly string[]
  readonly codecs: readonly Described[]
}

const COMMENT_WIDTH = 100
const path = join(import.meta.dirname, '../../docs/epione.cddl')

const head = `; Every byte of epione on the wire and on disk, in CDDL (RFC 8610).
;
; test/support/cddl.ts writes this file from the codecs, and a test compares them: edit the codecs.
;
; Encoding is the deterministic one of RFC 8949 section 4.2, and decoders refuse every other. There
; are unsigned integers, byte strings, text, arrays, booleans and null; no maps, tags, floats or
; negative integers. Arrays that hold something nest at most 64 deep. Text has no control characters,
; and no byte order mark (U+FEFF) in front. A field keeps its place: names in arrays are for the
; reader.
;
; hash(PURPOSE, parts) = SHA-256(length of TAG in one byte, TAG, parts);
; TAG = "epione/PURPOSE/v1".
`

/** A description under a name; the name that it has is kept. */
function under(name: string, { cddl }: Described): Described {
  if (/^[a-z]/.test(cddl.expression) && cddl.rules.has(cddl.expression)) return { cddl }
  const rules = new Map(cddl.rules).set(name, cddl.expression)
  return { cddl: { expression: name, rules } }
}

function codecsOf(module: Readonly<Record<string, unknown>>): readonly Described[] {
  return Object.entries(module).flatMap(([name, value]) =>
    name.endsWith('Codec') ? [value as Described] : [],
  )
}

type AnyTable = { readonly prefix: string; readonly value: Described }

function tablesOf(module: Readonly<Record<string, unknown>>): readonly AnyTable[] {
  return Object.values(module).filter(
    (value): value is AnyTable =>
      typeof value === 'object' && value !== null && 'prefix' in value && 'put' in value,
  )
}

function payloads({ name, txs, genesis }: App): Section {
  const rules = txs.map((tx) => under(tx.name, tx.payload))
  const hexTag = (tag: number) => `0x${tag.toString(16).padStart(4, '0')}`
  return {
    title: `Payloads of ${name}`,
    notes: txs.map((tx, index) => `tag ${hexTag(tx.tag)} ${rules[index]?.cddl.expression}`),
    codecs:
      genesis === undefined ? rules : [...rules, under(`${name}-genesis`, genesis.parameters)],
  }
}

/** `more` are values of tables that the module keeps to itself. */
function stateOf(app: string, module: object, more: readonly Described[] = []): Section {
  const tag = appList.apps.find(({ name }) => name === app)?.tag ?? 0
  const tables = tablesOf(module as Readonly<Record<string, unknown>>)
  const values = tables.map(({ prefix, value }) => under(`${app}-${prefix}`, value))
  return {
    title: `State of ${app}`,
    notes: [
      `application ${tag}; keys are text, PREFIX/PART/...; the value is the encoding of the rule`,
      ...tables.map(({ prefix }, index) => `${prefix}/... ${values[index]?.cddl.expression}`),
    ],
    codecs: [...values, ...more],
  }
}

const sections: readonly Section[] = [
  {
    title: 'Transactions',
    notes: [
      'transaction id = hash("tx", body bytes), which is also what each signature (Ed25519) signs',
      'envelope hash = hash("envelope", envelope bytes)',
      'a body of tag 1 has a batch as its payload; other tags are listed with the payloads below',
    ],
    codecs: [envelopeCodec, bodyCodec, batchCodec],
  },
  ...appList.apps.map(payloads),
  {
    title: 'Blocks',
    notes: [
      'block id = hash("block", header bytes)',
      'tx-root, receipt-root, event-root and state-root bind the number of leaves to an RFC 6962 tree',
      'leaves: transaction ids (32 bytes each), receipts, events, app-leaf',
    ],
    codecs: [headerCodec, receiptCodec, eventCodec, appLeafCodec, validatorsCodec, writeSetCodec],
  },
  { title: 'Proofs', codecs: codecsOf(proofs) },
  {
    title: 'Consensus',
    notes: [
      'a signature covers hash("vote", encoding of [chain id, 1, kind, height, view, body]); body is the block id, or for a view-change the prepared-report or null',
    ],
    codecs: [messageCodec, voteCodec, preparedCertificateCodec, commitCertificateCodec],
  },
  {
    title: 'Between nodes',
    notes: [
      'streams over TCP, Noise and Yamux; a frame is its length in four bytes (big-endian), then its content',
      'control: p2p-control; consensus: consensus-frame; transactions: transactions-frame',
      'requests: a number (4 bytes), then request; answers: the number, a status byte (0 ok, 1 busy, 2 refused), then the answer: head-answer, bodies-answer, blocks-answer or proposed-block, by the kind of the request',
      'bytes of a node answer: two with a bit for each of 16 slots in use, two with a bit for each leaf among them, then for each slot in use a height up to that of the block (6, not part of any hash) and the hash of the node (32), or path and value hash of the leaf (64)',
    ],
    codecs: [controlMessageCodec, ...codecsOf(protocol)],
  },
  {
    title: 'Genesis and cards',
    notes: ['chain id = hash("genesis", encoding of genesis); the file itself is JSON'],
    codecs: [hashedGenesisCodec(appList), cardCodec],
  },
  {
    title: 'Journal and vote lock',
    notes: [
      'segment journal-NNNNNNNN.log: "epionejl", version 1, index (4 bytes each), end of the segment before (8), chain id (32), CRC-32 of these (4)',
      'then records: "epjr", offset, start of the group, length (4 each), height (8), CRC-32 (4) of chain id, index, these and the content; content is a journal-record',
      'vote-lock: two slots of 8192 bytes, each length (4), CRC-32 of length and content (4), a vote-lock-slot, zeros',
      'a floor of 2^52 and more marks a lock that was exported, with the floor that it had added: it signs nothing any more',
    ],
    codecs: [journalRecordCodec, journalEntryCodec, voteSlotCodec],
  },
  {
    title: 'Store',
    notes: [
      'LevelDB; HEIGHT is 12 hexadecimal digits; records begin with the CRC-32 (4 bytes) of key and content',
      'head head-record; b/HEIGHT header; c/HEIGHT commit-certificate; t/HEIGHT envelopes; d/HEIGHT ids; r/HEIGHT, e/HEIGHT leaves; v/HEIGHT validators; i/TXID place; n/RECIPIENT/HEIGHT leaves; w/HEIGHT kept-votes, those of others that this node saw; s/APP/KEY the height that wrote the value (6 bytes), then the state value itself; base base-record, after which the state may be under S/',
    ],
    codecs: [...codecsOf(records), keptVotesCodec],
  },
  stateOf('registry', registry),
  stateOf('bank', bank),
  stateOf('vault', vault, codecsOf(vaultValues)),
  stateOf('committee', committee, codecsOf(committeeValues)),
]

/** Rules in the order in which they are needed, each once; one name with two meanings is a mistake. */
function writeSection({ title, notes = [], codecs }: Section, known: Map<string, string>): string {
  const lines: string[] = []
  const define = (name: string, rules: ReadonlyMap<string, string>): void => {
    const expression = rules.get(name)
    if (expression === undefined) return
    const before = known.get(name)
    if (before !== undefined && before !== expression)
      throw new Error(`two rules are called ${name}`)
    if (before !== undefined) return
    known.set(name, expression)
    lines.push(layout(`${name} = ${shorten(expression)}`))
    for (const [word] of expression.matchAll(/[a-z][a-z0-9]*(?:[-.][a-z0-9]+)*/g))
      define(word, rules)
  }
  for (const { cddl } of codecs) define(cddl.expression, cddl.rules)
  const comments = notes.flatMap((note) => wrap(note))
  return [`;; ${title}`, ...comments, '', lines.join('\n\n'), ''].join('\n')
}

/** A note as comment lines of bounded length. */
function wrap(note: string): readonly string[] {
  const lines = [';']
  for (const word of note.split(' ')) {
    const line = `${lines.at(-1)} ${word}`
    if (line.length > COMMENT_WIDTH) lines.push(`;   ${word}`)
    else lines[lines.length - 1] = line
  }
  return lines
}

export function cddlDocument(): string {
  const known = new Map<string, string>()
  const common = aliases.map(([name, expression]) => layout(`${name} = ${expression}`)).join('\n')
  const parts = sections.map((section) => writeSection(section, known))
  return `${[head, common, '', ...parts].join('\n').trimEnd()}\n`
}

if (import.meta.main) writeFileSync(path, cddlDocument())
