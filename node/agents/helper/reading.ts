// How a helper reads the chain: each vault act that a certified block shows to have taken effect changes its own copy of the vault.

import { ack } from '../../../apps/vault/ack.ts'
import { complain } from '../../../apps/vault/complain.ts'
import { consentGrant } from '../../../apps/vault/consent-grant.ts'
import { consentRevoke } from '../../../apps/vault/consent-revoke.ts'
import { coversTags, findConsent } from '../../../apps/vault/consents.ts'
import { boxHash } from '../../../apps/vault/deals.ts'
import type { VaultParameters } from '../../../apps/vault/genesis.ts'
import { committeeId, FIRST_EPOCH } from '../../../apps/vault/ids.ts'
import { init } from '../../../apps/vault/init.ts'
import { deriveServerKeys } from '../../../apps/vault/keys.ts'
import type { Init, QueryOpen, QueryRespond } from '../../../apps/vault/payloads.ts'
import { queryNames, queryOpen } from '../../../apps/vault/query-open.ts'
import { queryRespond } from '../../../apps/vault/query-respond.ts'
import { queryTimeout } from '../../../apps/vault/query-timeout.ts'
import { record } from '../../../apps/vault/record.ts'
import { recordBatch } from '../../../apps/vault/record-batch.ts'
import { serverOffer } from '../../../apps/vault/server-offer.ts'
import { pinSet, resolveSet } from '../../../apps/vault/sets.ts'
import {
  committeeTable,
  consentTable,
  dealTable,
  offerTable,
  parametersTable,
  progressTable,
  queryTable,
  recordTable,
  usesTable,
} from '../../../apps/vault/state.ts'
import { blank } from '../../../apps/vault/statements.ts'
import { isIdentity } from '../../../apps/vault/sums.ts'
import { voidRecord } from '../../../apps/vault/void.ts'
import type { TxContext, TxType } from '../../../vm/app.ts'
import { assert } from '../../../vm/assert.ts'
import { executionGroup } from '../../../vm/crypto/execution-group.ts'
import { decodeKeys } from '../../../vm/crypto/keys.ts'
import type { Rules } from '../../../vm/rules.ts'
import type { Writer } from '../../../vm/state.ts'
import type { AccountId, Digest, OrganizationId } from '../../../vm/types.ts'
import type { Logger } from '../../logger.ts'
import { type Accepted, acceptedActs, type ProvenBlock } from '../block.ts'
import { OWN_BOX } from './own-state.ts'

export type ReadingParameters = {
  readonly rules: Rules
  readonly committee: Digest
  readonly account: AccountId
  readonly vault: VaultParameters
  readonly log: Logger
}

/** Acts that touch nothing but the vault's own state: the application's code runs on the helper's copy. */
const replayed: ReadonlySet<TxType> = new Set([
  serverOffer,
  complain,
  ack,
  record,
  recordBatch,
  voidRecord,
  consentGrant,
  consentRevoke,
])
const read: ReadonlySet<number> = new Set(
  [...replayed, init, queryOpen, queryRespond, queryTimeout].map(({ tag }) => tag),
)

/** The helper does not follow the registry, so organizations have no names here. */
const NOBODY: OrganizationId = `0x${'00'.repeat(32)}` as const

type Read = { readonly state: Writer; readonly context: TxContext }

/** The deal of the committee that this helper was told of; registry and bank are the validators' concern. */
function readDeal({ state, context }: Read, deal: Init, account: AccountId): void {
  const { timeMs, txId } = context
  const committee = committeeId(deal)
  const group = executionGroup()
  const commitments = decodeKeys(group, deal.commitments)
  assert(commitments !== undefined, 'validators have decoded the commitments')
  const keys = deriveServerKeys(group, commitments, deal.servers.length).map(group.encode)
  const boxKeys = deal.servers.map(
    (server) => offerTable.get(state, server, committee, FIRST_EPOCH)?.boxKey ?? blank(32),
  )
  const { threshold, servers, boxPoint, boxes, minimum, currency } = deal
  state.set(OWN_BOX, boxes[servers.indexOf(account)])
  dealTable.put(
    state,
    {
      threshold,
      servers,
      organizations: [],
      commitments: deal.commitments,
      serverKeys: keys,
      boxPoint,
      boxKeys,
      boxHashes: boxes.map(boxHash),
      txId,
    },
    committee,
    FIRST_EPOCH,
  )
  const parameters = parametersTable.get(state)
  assert(parameters !== undefined, 'the parameters were written at the start')
  const complaintsEndMs = timeMs + parameters.complaintWindowMs
  committeeTable.put(
    state,
    {
      account: deal.account,
      organization: NOBODY,
      epoch: FIRST_EPOCH,
      minimum,
      currency,
      dealtMs: timeMs,
      complaintsEndMs,
      acksEndMs: complaintsEndMs + parameters.ackWindowMs,
      acks: [],
      fault: null,
    },
    committee,
  )
}

/** Every check that stands between a question and its answer, on this helper's own records, consents and pins. */
function readQuery(
  { state, context }: Read,
  open: QueryOpen,
  vault: VaultParameters,
): { readonly query: Digest; readonly refusal: string | undefined } {
  const { account: insurer, committee, target, consent: consentId } = open
  const { set, query } = queryNames(open)
  const { timeMs, height } = context
  const no = (refusal: string) => ({ query, refusal })
  const consent = findConsent(
    state,
    { consent: consentId, committee, insurer, target, set },
    timeMs,
  )
  if ('ok' in consent) return no(consent.code)
  const resolved = resolveSet(state, { committee, target, set, overlap: consent.overlap })
  if ('ok' in resolved) return no(resolved.code)
  const { count, sums, last, tags } = resolved
  if (!coversTags(consent, tags)) return no('CONSENT_SCOPE')
  if (count < vault.minimumSetSize && !consent.single) return no('SET_TOO_SMALL')
  if (isIdentity(sums.ephemeral)) return no('SUM_IDENTITY')
  const uses = usesTable.get(state, consentId)
  assert(uses !== undefined, 'a consent has its uses')
  pinSet(state, { committee, target, set, overlap: consent.overlap }, resolved)
  usesTable.put(state, { ...uses, uses: uses.uses + 1 }, consentId)
  const { epoch, answerKey, fee } = open
  const deadlineMs = timeMs + vault.queryDeadlineMs
  const currency = vault.currency
  const asked = { committee, epoch, insurer, answerKey, target, set, consent: consentId }
  queryTable.put(state, { ...asked, count, sums, last, fee, currency, height, deadlineMs }, query)
  progressTable.put(state, { status: 'open', responses: [] }, query)
  return { query, refusal: undefined }
}

export type Reading = {
  /** Writes into `state` what the block changes; answers the queries that are open for this helper after it. */
  readonly read: (state: Writer, block: ProvenBlock, open: readonly Digest[]) => readonly Digest[]
}

export function createReading(parameters: ReadingParameters): Reading {
  const { rules, committee, account, vault, log } = parameters

  /** Whether the act is about this helper's committee, its records or its consents. */
  const isOurs = (state: Writer, payload: unknown): boolean => {
    const about = payload as Readonly<Partial<Record<'committee' | 'record', Digest>>>
    if (about.committee !== undefined) return about.committee === committee
    if (about.record !== undefined) return recordTable.get(state, about.record) !== undefined
    const { consent } = payload as { readonly consent?: Digest }
    return consent === undefined || consentTable.get(state, consent) !== undefined
  }

  const readAct = ({ type, payload }: Accepted, at: Read, open: Set<Digest>): void => {
    const { state, context } = at
    if (!isOurs(state, payload)) return
    if (replayed.has(type)) {
      const outcome = type.execute(state, payload, context)
      assert(outcome.ok, `${type.name} took effect on the ledger and not here`)
    } else if (type === init) {
      const deal = payload as unknown as Init
      if (committeeId(deal) === committee) readDeal(at, deal, account)
    } else if (type === queryOpen) {
      const { query, refusal } = readQuery(at, payload as unknown as QueryOpen, vault)
      if (refusal === undefined) open.add(query)
      else log.error({ query, refusal }, 'the ledger took a query that this helper would not')
    } else if (type === queryRespond) {
      const { account: server, query } = payload as unknown as QueryRespond
      if (server === account) open.delete(query)
    } else if (type === queryTimeout) {
      open.delete((payload as unknown as { readonly query: Digest }).query)
    }
  }

  return {
    read: (state, block, openBefore) => {
      const open = new Set(openBefore)
      const { height, timeMs, chainId } = block.header
      const { engine } = rules
      if (height === 1) parametersTable.put(state, vault)
      for (const proven of block.transactions) {
        if (!read.has(proven.receipt.tag)) continue
        const { id: txId, body } = proven.transaction
        const signers = body.signers.map((signer) => signer.account)
        for (const act of acceptedActs(rules.types, proven)) {
          const context = { chainId, engine, height, timeMs, txId, item: act.item, signers }
          readAct(act, { state, context }, open)
        }
      }
      return [...open]
    },
  }
}
