// One question of a payer: the secret that reads its answer is on disk before it is asked, and the answer is proven.
import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { epochInForce } from '../../../apps/vault/committee.ts'
import type { Target } from '../../../apps/vault/fields.ts'
import { FIRST_EPOCH } from '../../../apps/vault/ids.ts'
import { queryOpen } from '../../../apps/vault/query-open.ts'
import { queryTimeout } from '../../../apps/vault/query-timeout.ts'
import { committeeTable, queryTable, resultTable } from '../../../apps/vault/state.ts'
import type { QueryState, ResultState } from '../../../apps/vault/values.ts'
import type { TransactionSigner } from '../../../client/signer.ts'
import { act } from '../../../client/transaction.ts'
import { buildQueryOpen } from '../../../client/vault/query.ts'
import { pause } from '../../../client/web.ts'
import { fromHex, toHex } from '../../../vm/bytes.ts'
import { decode } from '../../../vm/codec.ts'
import type { StateKey } from '../../../vm/state.ts'
import type { Digest, Hex } from '../../../vm/types.ts'
import type { AgentContext } from '../process.ts'
import { lookAt } from '../remote.ts'
import { agentPaths, hex32, keepJson } from '../settings.ts'

export type Asking = {
  readonly context: AgentContext
  readonly signer: TransactionSigner
  readonly committee: Digest
  readonly fee: bigint
}

export type Answered = {
  readonly query: Digest
  readonly answerSecret: Hex
  readonly asked: QueryState
  readonly result: ResultState
}

export type Asked =
  | ({ readonly kind: 'answered' } & Answered)
  | { readonly kind: 'refused'; readonly code: string }
  | { readonly kind: 'late' }

const questionSchema = z.strictObject({ entropy: hex32 })

/** When the committee has as many open queries as it may have. */
const BUSY_PAUSE_MS = 300
const BUSY_PAUSE_MAX_MS = 5_000

/** Waits for the value at the node, block by block, until the clock passes the time; looks at least once. */
async function awaitValue(
  { nodes }: AgentContext,
  at: StateKey,
  untilMs: number,
): Promise<Uint8Array | undefined> {
  const look = (minHeight: number) =>
    nodes.ask(({ verified }) => verified.stateValue(at, { minHeight }))
  let found: Awaited<ReturnType<typeof look>> | undefined = await look(0)
  let { height } = found
  while (found?.value === undefined && Date.now() < untilMs) {
    const next = look(height + 1).catch(() => pause(BUSY_PAUSE_MS).then(() => undefined))
    found = await Promise.race([next, pause(untilMs - Date.now()).then(() => undefined)])
    height = found?.height ?? height
  }
  return found?.value
}

/** The question of this name: drawn once, kept with the secret, then always the same. */
async function keepQuestion(
  { context, signer, committee, fee }: Asking,
  name: string,
  about: { readonly consent: Digest; readonly target: Target; readonly epoch: number },
) {
  const path = agentPaths(context.home).secret(`question-${name}`)
  const fresh = { entropy: toHex(randomBytes(32)) }
  const { entropy } = await keepJson(path, questionSchema, fresh)
  return buildQueryOpen(context.crypto.group, {
    chainId: context.anchor.chainId,
    account: signer.account,
    committee,
    ...about,
    fee,
    entropy: fromHex(entropy),
  })
}

/** Resolves with the ledger's word on the query's end: the fee comes back, and who was silent pays. */
export async function endQuery({ context, signer }: Asking, query: Digest): Promise<string> {
  const make = () => act(queryTimeout, { account: signer.account, query })
  for (let attempt = 0; ; attempt++) {
    const key = `query.timeout/${query}/${attempt}`
    const { code } = await context.sender.deliver({ key, make, signers: [signer] })
    // The clock of this process may be ahead of the block's.
    if (code !== 'DEADLINE_OPEN') return code
    await pause(BUSY_PAUSE_MS)
  }
}

async function awaitResult(
  asking: Asking,
  opened: { readonly query: Digest; readonly answerSecret: Hex; readonly height: number },
): Promise<Asked> {
  const { context } = asking
  const { query, answerSecret, height } = opened
  const { value } = await context.nodes.ask(({ verified }) =>
    verified.stateValue(queryTable.key(query), { minHeight: height }),
  )
  if (value === undefined) return { kind: 'late' }
  const asked = decode(queryTable.value, value)
  const at = resultTable.key(query)
  let bytes = await awaitValue(context, at, asked.deadlineMs)
  // The last answer may have come with the block that the clock was waiting for.
  if (bytes === undefined && (await endQuery(asking, query)) === 'RESULT_EXISTS')
    bytes = await awaitValue(context, at, 0)
  if (bytes === undefined) return { kind: 'late' }
  return { kind: 'answered', query, answerSecret, asked, result: decode(resultTable.value, bytes) }
}

/** The epoch that may be asked now; where none is, the newest, and the ledger says why it refuses. */
function lookUpEpoch({ context, committee }: Asking): Promise<number> {
  return lookAt(
    context.nodes,
    (state, timeMs) =>
      epochInForce(state, committee, timeMs) ??
      committeeTable.get(state, committee)?.epoch ??
      FIRST_EPOCH,
  )
}

/** Epochs are long: one is looked up once, and again when the ledger says that it is over. */
const epochs = new WeakMap<Asking, Promise<number>>()

function epochOf(asking: Asking): Promise<number> {
  const known = epochs.get(asking) ?? lookUpEpoch(asking)
  epochs.set(asking, known)
  known.catch(() => epochs.delete(asking))
  return known
}

/** Asks until the committee has room; the same name asks the same question again after a restart. */
export async function ask(
  asking: Asking,
  name: string,
  about: { readonly consent: Digest; readonly target: Target },
): Promise<Asked> {
  const { context, signer } = asking
  for (let turn = 0; ; turn++) {
    const epoch = await epochOf(asking)
    const question = () => keepQuestion(asking, `${name}-${turn}`, { ...about, epoch })
    const { code, height } = await context.sender.deliver({
      key: `query.open/${name}/${turn}`,
      make: async () => act(queryOpen, (await question()).payload),
      signers: [signer],
    })
    // Keys may be handed over between the look and the question.
    if (code === 'BUSY' || code === 'EPOCH_WRONG') {
      if (code === 'EPOCH_WRONG') epochs.delete(asking)
      await pause(Math.min(BUSY_PAUSE_MS * 2 ** turn, BUSY_PAUSE_MAX_MS))
      continue
    }
    if (code !== '') return { kind: 'refused', code }
    const { query, answerSecret } = await question()
    return awaitResult(asking, { query, answerSecret, height })
  }
}
