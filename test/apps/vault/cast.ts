// Patients, invoices and questions of the vault's tests.

import type { Bucket, Scope, Target } from '../../../apps/vault/fields.ts'
import { consentId } from '../../../apps/vault/ids.ts'
import type { ConsentGrant, RecordBatch } from '../../../apps/vault/payloads.ts'
import { queryTable, resultTable } from '../../../apps/vault/state.ts'
import type { Sums } from '../../../apps/vault/values.ts'
import { buildConsentGrant, buildConsentWriter, newNonce } from '../../../client/vault/consent.ts'
import { createTag } from '../../../client/vault/entropy.ts'
import { buildQueryOpen, buildResponse, readResult } from '../../../client/vault/query.ts'
import { buildRecordBatch, type Invoice, recordIds } from '../../../client/vault/record.ts'
import { assert } from '../../../vm/assert.ts'
import { toHex } from '../../../vm/bytes.ts'
import { basesOf } from '../../../vm/crypto/bases.ts'
import { createBabySteps, createDiscreteLog } from '../../../vm/crypto/discrete-log.ts'
import type { AccountId, Digest, Hex } from '../../../vm/types.ts'
import type { Ready } from './dealing.ts'
import { entropyOf, idOf, must, type Sent, suite, type World } from './world.ts'

const base = suite.group.encode(basesOf(suite.group).H)
const log = createDiscreteLog(base, createBabySteps(base, 16))

/** Sums in hexadecimal: tap's `same` finds every Buffer the same as every Uint8Array. */
export function hexOf(sums: Sums | undefined): readonly Hex[] {
  assert(sums, 'there are sums')
  return [sums.ephemeral, sums.ciphertext, sums.commitment].map(toHex)
}

export function tagOf(name: string) {
  return createTag(suite.group, entropyOf(`tag of ${name}`))
}

export function bucketOf(name: string, payer = 'payer a'): Bucket {
  return { tag: tagOf(name).publicKey, policy: idOf(payer), period: 0 }
}

export function writerConsent(world: World, name: string, changes: object = {}) {
  const terms = {
    account: idOf(name),
    tag: tagOf(name).publicKey,
    writers: [idOf('hospital')],
    policies: null,
    expiresAt: world.now() + 1_000_000,
    ...changes,
  }
  return buildConsentWriter(suite.group, terms, {
    chainId: world.chainId,
    tagSecret: tagOf(name).secret,
    entropy: entropyOf(`writer consent ${name}`),
  })
}

export function letWrite(world: World, ...names: readonly string[]): void {
  for (const name of names) must(world, 'consent.writer', writerConsent(world, name), name)
}

export function invoiceOf(name: string, amount: bigint, word: string, payer = 'payer a'): Invoice {
  return { amount, ...bucketOf(name, payer), nullifier: idOf(`invoice ${word}`) }
}

let batches = 0

export function batchOf(
  world: World,
  {
    committee,
    epoch,
    key,
    init,
  }: Pick<Ready, 'committee' | 'epoch' | 'key'> & {
    readonly init: { readonly account: AccountId }
  },
  invoices: readonly Invoice[],
  word = `batch ${batches++}`,
): RecordBatch {
  const writing = {
    chainId: world.chainId,
    account: init.account,
    committee,
    epoch,
    key,
    writerSecret: entropyOf('writer secret'),
    entropy: entropyOf(word),
  }
  return buildRecordBatch({ group: suite.group, range: suite }, writing, invoices)
}

let invoices = 0

/** Records amounts of one patient; the ids of the records. */
export function recordAmounts(
  world: World,
  ready: Ready,
  { name, amounts, payer }: { name: string; amounts: readonly bigint[]; payer?: string },
): readonly Digest[] {
  const batch = batchOf(
    world,
    ready,
    amounts.map((amount) => invoiceOf(name, amount, `number ${invoices++}`, payer)),
  )
  must(world, 'vault.recordBatch', batch, 'hospital desk')
  return recordIds(batch)
}

let grants = 0

export function grantOf(
  world: World,
  committee: Digest,
  terms: { readonly names: readonly string[]; readonly scope: Scope } & Partial<ConsentGrant>,
): ConsentGrant {
  const { names, ...changes } = terms
  const entropy = entropyOf(`grant ${grants++}`)
  const tags = names.map((name) => tagOf(name))
  return buildConsentGrant(
    suite.group,
    {
      account: idOf(names[0] ?? ''),
      nonce: newNonce(entropy),
      committee,
      insurer: idOf('payer a'),
      purpose: 'accumulator',
      maxUses: 10,
      expiresAt: world.now() + 1_000_000,
      minimum: 0,
      single: false,
      overlap: false,
      ...changes,
    },
    {
      chainId: world.chainId,
      tagSecrets: new Map(tags.map(({ publicKey, secret }) => [publicKey, secret])),
      entropy,
    },
  )
}

export function letAsk(
  world: World,
  committee: Digest,
  terms: Parameters<typeof grantOf>[2],
): Digest {
  const grant = grantOf(world, committee, terms)
  must(world, 'consent.grant', grant, terms.names[0] ?? '')
  return consentId(grant)
}

/** The consent of a patient for one bucket. */
export function letAskBucket(world: World, committee: Digest, name: string, changes: object = {}) {
  const scope = { kind: 'buckets', buckets: [bucketOf(name)] } as const
  return letAsk(world, committee, { names: [name], scope, ...changes })
}

export function segmentOf(name: string, segment: number, payer = 'payer a'): Target {
  return { kind: 'segment', bucket: bucketOf(name, payer), segment }
}

let questions = 0

export function openOf(
  world: World,
  { committee, epoch }: Pick<Ready, 'committee' | 'epoch'>,
  terms: { target: Target; consent: Digest; payer?: string; fee?: bigint; word?: string },
) {
  const { target, consent, payer = 'payer a', fee = 0n, word = `question ${questions++}` } = terms
  return buildQueryOpen(suite.group, {
    chainId: world.chainId,
    account: idOf(payer),
    committee,
    epoch,
    target,
    consent,
    fee,
    entropy: entropyOf(word),
  })
}

export type Question = { readonly query: Digest; readonly answerSecret: Hex }

export function ask(
  world: World,
  ready: Pick<Ready, 'committee' | 'epoch'>,
  terms: Parameters<typeof openOf>[2],
): Question & { readonly code: string } {
  const { payload, query, answerSecret } = openOf(world, ready, terms)
  const { code } = world.send('query.open', payload, terms.payer ?? 'payer a')
  return { query, answerSecret, code }
}

/** What a seat answers from: the same for a dealt key and for one that members made. */
type Answering = Pick<Ready, 'committee' | 'epoch' | 'servers' | 'shares'>

export function responseOf(world: World, ready: Answering, at: { query: Digest; index: number }) {
  const { query, index } = at
  const asked = queryTable.get(world.state(), query)
  const share = ready.shares[index - 1]
  assert(asked && share, 'an open query and a seat')
  return buildResponse(suite.group, {
    chainId: world.chainId,
    account: idOf(ready.servers[index - 1] ?? ''),
    committee: ready.committee,
    epoch: ready.epoch,
    index,
    share,
    query,
    ephemeral: asked.sums.ephemeral,
    answerKey: asked.answerKey,
    entropy: entropyOf(`response ${index} to ${query}`),
  })
}

export function respond(
  world: World,
  ready: Answering,
  at: { query: Digest; index: number },
): Sent {
  const server = ready.servers[at.index - 1] ?? ''
  return world.send('query.respond', responseOf(world, ready, at), server)
}

export function readSum(world: World, { query, answerSecret }: Question): bigint | undefined {
  const result = resultTable.get(world.state(), query)
  const count = queryTable.get(world.state(), query)?.count
  if (result === undefined || count === undefined) return undefined
  return readResult({ group: suite.group, log }, result, { answerSecret, count })
}
