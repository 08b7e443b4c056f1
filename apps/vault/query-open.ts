// query.open: an insurer asks a committee for the sum of a segment or of a set of records, with the patient's consent.

import {
  accept,
  defineTx,
  isRefusal,
  type Refusal,
  type TxContext,
  type VerifyInput,
} from '../../vm/app.ts'
import { assert } from '../../vm/assert.ts'
import { toHex } from '../../vm/bytes.ts'
import { decodeKey, verifyKey } from '../../vm/crypto/keys.ts'
import { sample } from '../../vm/example.ts'
import type { Reader, Writer } from '../../vm/state.ts'
import type { Digest, TimeMs } from '../../vm/types.ts'
import { openEscrow } from '../bank/money.ts'
import { getAccount } from '../registry/state.ts'
import { lockServers } from './bonds.ts'
import { refuse } from './codes.ts'
import { findActiveSeats, requireRole } from './committee.ts'
import { coversTags, findConsent } from './consents.ts'
import { proofUnits, setUnits } from './costs.ts'
import { exampleBucket } from './examples.ts'
import { toldOf } from './fields.ts'
import { queryId, setHash } from './ids.ts'
import { findKeysetEpoch } from './keyset.ts'
import { requireParameters } from './parameters.ts'
import { type QueryOpen, queryOpenCodec } from './payloads.ts'
import { checkSetSize, findAskedShares } from './replicated/asked.ts'
import type { ClassSums } from './replicated/values.ts'
import { isLargeEnough, pinSet, type ResolvedSet, resolveSet } from './sets.ts'
import {
  askedSharesTable,
  committeeTable,
  dealTable,
  keysetTable,
  onceTable,
  progressTable,
  queryTable,
  repProgressTable,
  usesTable,
  waitingTable,
} from './state.ts'
import { blank, contentSession } from './statements.ts'
import { isIdentity } from './sums.ts'
import { TAGS } from './tags.ts'
import type { ConsentState } from './values.ts'

/** Names of a query that follow from its payload. */
export function queryNames(open: QueryOpen): { readonly set: Digest; readonly query: Digest } {
  const set = setHash(open.committee, open.target)
  return { set, query: queryId({ ...open, set }) }
}

export function openSession(chainId: Digest, open: QueryOpen): Uint8Array {
  const { account, epoch } = open
  const object = queryNames(open).query
  return contentSession(
    { chainId, type: 'query.open', slot: 'answer-key', account, object, epoch },
    queryOpenCodec,
    { ...open, proof: blank(64) },
  )
}

function verify({ chainId, payload, crypto: { group } }: VerifyInput<QueryOpen>) {
  const key = decodeKey(group, payload.answerKey)
  if (key === undefined) return refuse('POINT_INVALID')
  const claim = { session: openSession(chainId, payload), key }
  const proven = verifyKey(group, claim, payload.proof)
  return proven ? ({ ok: true } as const) : refuse('PROOF_ANSWER_KEY')
}

function consentFor(state: Reader, open: QueryOpen, timeMs: TimeMs): ConsentState | Refusal {
  const { account: insurer, consent, committee, target } = open
  const { set } = queryNames(open)
  return findConsent(state, { consent, committee, insurer, target, set }, timeMs)
}

function authorize(state: Reader, open: QueryOpen, context: TxContext): Refusal | undefined {
  const { account, answerKey } = open
  const refusal = requireRole(state, { account, role: 'insurer' }, context)
  if (refusal !== undefined) return refusal
  const found = findActiveSeats(state, open, context.timeMs)
  if (isRefusal(found)) return found
  const organization = getAccount(state, account)?.organization
  if (organization && found.organizations.includes(organization)) return refuse('SEAT_HELD')
  if (queryTable.get(state, queryNames(open).query) !== undefined) return refuse('QUERY_EXISTS')
  if (onceTable.get(state, toHex(answerKey)) !== undefined) return refuse('KEY_USED')
  const consent = consentFor(state, open, context.timeMs)
  return isRefusal(consent) ? consent : checkSetSize(state, open)
}

/** Queries of the committee that still wait; those past their deadline do not, timed out or not. */
function waitingNow(state: Reader, committee: Digest, timeMs: TimeMs) {
  const waiting = waitingTable.get(state, committee) ?? []
  return waiting.filter(({ deadlineMs }) => timeMs < deadlineMs)
}

/** A set, and its shares if its committee is a replicated one. */
type AskedSet = ResolvedSet & { readonly shares: ClassSums | undefined }

/** All checks that need the set itself, before anything is written: a refused query leaves the segment open. */
function askedSet(
  state: Reader,
  open: QueryOpen,
  { consent, timeMs }: { readonly consent: ConsentState; readonly timeMs: TimeMs },
): AskedSet | Refusal {
  const { committee, target } = open
  const { set } = queryNames(open)
  const parameters = requireParameters(state)
  if (waitingNow(state, committee, timeMs).length >= parameters.openQueriesMax)
    return refuse('BUSY')
  const resolved = resolveSet(state, { committee, target, set, overlap: consent.overlap })
  if (isRefusal(resolved)) return resolved
  if (!coversTags(consent, resolved.tags)) return refuse('CONSENT_SCOPE')
  if (!isLargeEnough(resolved, consent, parameters)) return refuse('SET_TOO_SMALL')
  if (isIdentity(resolved.sums.ephemeral)) return refuse('SUM_IDENTITY')
  const shares = findAskedShares(state, open)
  return isRefusal(shares) ? shares : { ...resolved, shares }
}

function write(
  state: Writer,
  open: QueryOpen,
  { set: resolved, context }: { readonly set: AskedSet; readonly context: TxContext },
): void {
  const { account, committee, epoch, target, answerKey, consent, fee } = open
  const { set, query } = queryNames(open)
  const { count, sums, last } = resolved
  const currency = committeeTable.get(state, committee)?.currency
  const uses = usesTable.get(state, consent)
  assert(currency && uses, 'authorize has found committee and consent')
  const deadlineMs = context.timeMs + requireParameters(state).queryDeadlineMs
  const asked = { committee, epoch, insurer: account, answerKey, target, set, consent }
  const { height } = context
  queryTable.put(state, { ...asked, count, sums, last, fee, currency, height, deadlineMs }, query)
  progressTable.put(state, { status: 'open', responses: [] }, query)
  if (resolved.shares !== undefined) {
    askedSharesTable.put(state, resolved.shares, query)
    repProgressTable.put(state, { deadlineMs, answers: [] }, query)
  }
  const waiting = waitingNow(state, committee, context.timeMs)
  waitingTable.put(state, [...waiting, { query, deadlineMs }], committee)
  usesTable.put(state, { ...uses, uses: uses.uses + 1 }, consent)
  onceTable.put(state, query, toHex(answerKey))
}

/** The keys against which answers are proven must be the vault's own facts: of a keyset's epoch they are taken over when it is asked. */
function keepSeats(state: Writer, { committee, epoch }: QueryOpen): void {
  const keyset = keysetTable.get(state, committee)?.keyset
  if (keyset === undefined || dealTable.get(state, committee, epoch) !== undefined) return
  const made = findKeysetEpoch(state, keyset, epoch)
  assert(made !== undefined, 'authorize has found the epoch in force')
  dealTable.put(state, made.deal, committee, epoch)
}

export const queryOpen = defineTx({
  name: 'query.open',
  tag: TAGS['query.open'],
  summary:
    'Asks for a sum; a whole open segment is closed by it, and what was asked for stays pinned.',
  payload: queryOpenCodec,
  example: {
    account: sample('01'),
    committee: sample('02'),
    epoch: 1,
    target: { kind: 'segment', bucket: exampleBucket, segment: 0 },
    answerKey: sample('03'),
    proof: sample('04', 64),
    consent: sample('05'),
    fee: '0',
  },
  cost: ({ target }) =>
    proofUnits(3) + (target.kind === 'records' ? setUnits(target.records.length) : 0),
  verify,
  authorize,
  execute: (state, open, context) => {
    const { timeMs } = context
    const consent = consentFor(state, open, timeMs)
    if (isRefusal(consent)) return consent
    const set = askedSet(state, open, { consent, timeMs })
    if (isRefusal(set)) return set
    const found = findActiveSeats(state, open, timeMs)
    if (isRefusal(found)) return found
    const { set: hash, query } = queryNames(open)
    const { committee, target, fee } = open
    if (fee > 0n) {
      const { currency } = found
      const refusal = openEscrow(state, { id: query, payer: open.account, currency, amount: fee })
      if (refusal !== undefined) return refusal
    }
    pinSet(state, { committee, target, set: hash, overlap: consent.overlap }, set)
    write(state, open, { set, context })
    keepSeats(state, open)
    const untilMs = timeMs + requireParameters(state).queryDeadlineMs
    lockServers(state, found.servers, { timeMs, untilMs })
    const opened = { kind: 'vault.query-opened', reference: query }
    const concerned = [...found.servers, ...toldOf(open.consent, set.tags)]
    return accept(...concerned.map((recipient) => ({ ...opened, recipient })))
  },
})
