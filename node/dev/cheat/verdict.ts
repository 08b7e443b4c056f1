// Who was found at fault, as the ledger has it: events say where to look, the state says who and why.
import { faultTable as committeeFaults } from '../../../apps/committee/state.ts'
import { SERVERS_MAX } from '../../../apps/vault/fields.ts'
import { type Fault, FIRST_EPOCH, faultId } from '../../../apps/vault/ids.ts'
import { faultTable, sharesTable } from '../../../apps/vault/state.ts'
import type { Client } from '../../../client/client.ts'
import { assert } from '../../../vm/assert.ts'
import { decode } from '../../../vm/codec.ts'
import { decodeTransaction } from '../../../vm/transaction.ts'
import type { AccountId, Digest, Height, Hex } from '../../../vm/types.ts'
import type { Nodes } from '../../agents/nodes.ts'
import { blocksAfter, eventsOf, type PlacedEvent } from '../ledger.ts'
import type { Holder } from './accounts.ts'
import type { FaultKind } from './frauds.ts'

/** Events after which somebody may have paid. */
const telling: ReadonlySet<string> = new Set([
  'committee.fault',
  'vault.aborted',
  'vault.answer-bad',
  'vault.complaint-false',
  'vault.query-timed-out',
  'vault.receipt-bad',
  'vault.dispute-false',
  'vault.record-bad',
])

/** One event for each transaction that told of a fault. */
export async function tellingEvents(
  client: Client,
  after: Height,
): Promise<readonly PlacedEvent[]> {
  const events = eventsOf(await blocksAfter(client, after)).filter(({ kind }) => telling.has(kind))
  return [...new Map(events.map((event) => [event.txId, event])).values()]
}

export type Verdict = {
  readonly kind: FaultKind
  /** Name of the party. */
  readonly culprit: string
  /** What the fault is about: a record, a query, a committee. */
  readonly object: Hex
  readonly evidenceTx: Digest
  readonly height: Height
}

type Look = { readonly nodes: Nodes; readonly kind: FaultKind; readonly guilty: readonly Holder[] }

async function committeeVerdict(
  { nodes, guilty }: Look,
  { reference, txId, height }: PlacedEvent,
): Promise<Verdict | undefined> {
  const at = committeeFaults.key(reference)
  const { value } = await nodes.ask(({ verified }) => verified.stateValue(at))
  if (value === undefined) return undefined
  const fault = decode(committeeFaults.value, value)
  const culprit = guilty.find(({ account }) => account === fault.culprit)?.name ?? fault.culprit
  return { kind: fault.kind, culprit, object: fault.object, evidenceTx: txId, height }
}

/** Whether the ledger holds such a fault against the account, in any of its seats or classes, because of this transaction. */
async function isFound(
  { nodes, kind }: Look,
  { reference, txId }: PlacedEvent,
  culprit: AccountId,
): Promise<boolean> {
  for (let index = 0; index <= SERVERS_MAX; index++) {
    const fault = { kind, object: reference, epoch: FIRST_EPOCH, culprit, index } as Fault
    const at = faultTable.key(faultId(fault))
    const { value } = await nodes.ask(({ verified }) => verified.stateValue(at))
    if (value !== undefined && decode(faultTable.value, value).txId === txId) return true
  }
  return false
}

/** What was held against the guilty because of these events, in the order of the ledger. */
export async function readVerdicts(
  look: Look,
  events: readonly PlacedEvent[],
): Promise<readonly Verdict[]> {
  const verdicts: Verdict[] = []
  for (const event of events) {
    if (event.kind === 'committee.fault') {
      const verdict = await committeeVerdict(look, event)
      if (verdict !== undefined) verdicts.push(verdict)
      continue
    }
    for (const { name: culprit, account } of look.guilty) {
      if (!(await isFound(look, event, account))) continue
      const { reference: object, txId: evidenceTx, height } = event
      verdicts.push({ kind: look.kind, culprit, object, evidenceTx, height })
    }
  }
  return verdicts
}

/** The account that showed a fault. */
export async function shownBy(nodes: Nodes, txId: Digest): Promise<AccountId | undefined> {
  const { envelope } = await nodes.ask(({ client }) => client.transaction(txId))
  return decodeTransaction(envelope).body.signers[0]?.account
}

/** Who shows a wrong share too late is not rewarded: the genesis says how long there is time. */
export async function isInTime(nodes: Nodes, { kind, object, height }: Verdict): Promise<boolean> {
  if (kind !== 'bad-record') return true
  const at = sharesTable.key(object)
  const { value } = await nodes.ask(({ verified }) => verified.stateValue(at))
  assert(value !== undefined, 'a record that was found bad has shares')
  const { header } = await nodes.ask(({ client }) => client.header(height))
  return header.timeMs < decode(sharesTable.value, value).complaintsEndMs
}
