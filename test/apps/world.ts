// The state of the sample network for tests of applications: acts by type name and account names, one after the other.
import { appList } from '../../apps/index.ts'
import type { AccountKeys } from '../../genesis/member.ts'
import type { SampleOptions } from '../../genesis/sample.ts'
import { createNativeSuite } from '../../node/crypto/suite.ts'
import type { EventDraft, Payload, QueryReader, TxContext, TxType } from '../../vm/app.ts'
import { decode, encode, type JsonValue } from '../../vm/codec.ts'
import type { CryptoSuite } from '../../vm/crypto/suite.ts'
import { createRules, type Rules } from '../../vm/rules.ts'
import { createOverlay, emptyState, type Overlay } from '../../vm/state.ts'
import type { AccountId, OrganizationId } from '../../vm/types.ts'
import { sampleNetwork } from '../support/sample-network.ts'

/** What came of an act: events, or the code of a refusal. */
export type Done = { readonly code: string; readonly events: readonly EventDraft[] }

export type Moment = { readonly height: number; readonly timeMs: number }

export type World = {
  readonly rules: Rules
  readonly state: Overlay
  readonly reader: QueryReader
  readonly keys: (name: string) => AccountKeys
  readonly id: (name: string) => AccountId
  readonly organization: (name: string) => OrganizationId
  /** Adds an account that an act has admitted under the name. */
  readonly learn: (name: string, keys: AccountKeys) => void
  readonly at: (moment: Partial<Moment>) => void
  /** Authorize, verify, execute, invariants, as the executor does; a refusal leaves the state as it was. */
  readonly act: (type: string, payload: JsonValue, ...signers: readonly string[]) => Done
  readonly query: (name: string, parameters: JsonValue) => Promise<JsonValue>
}

export const START_MS = 1_700_000_000_000

function requireType(rules: Rules, name: string): TxType {
  const type = [...rules.types.values()].find((known) => known.name === name)
  if (type === undefined) throw new Error(`no transaction type ${name}`)
  return type
}

/** Keys and values in order, as a node lists them from its store. */
function listing(state: Overlay): QueryReader {
  return {
    get: (at) => state.get(at),
    list: async ({ app, prefix, after = '', limit }) =>
      state
        .writes()
        .flatMap(({ app: owner, key, value }) =>
          owner === app && key.startsWith(prefix) && key > after && value !== undefined
            ? [{ key, value }]
            : [],
        )
        .sort((left, right) => (left.key < right.key ? -1 : 1))
        .slice(0, limit),
  }
}

function attempt(
  world: { readonly rules: Rules; readonly state: Overlay; readonly crypto: CryptoSuite },
  type: TxType,
  { payload, context }: { readonly payload: Payload; readonly context: TxContext },
): Done {
  const { rules, state, crypto } = world
  const overlay = createOverlay(state)
  const none: readonly EventDraft[] = []
  const refusal = type.authorize(overlay, payload, context)
  if (refusal !== undefined) return { code: refusal.code, events: none }
  const verdict = type.verify?.({ chainId: rules.chainId, payload, facts: [], crypto })
  if (verdict?.ok === false) return { code: verdict.code, events: none }
  const outcome = type.execute(overlay, payload, context)
  if (!outcome.ok) return { code: outcome.code, events: none }
  for (const app of rules.list.apps) app.invariant?.(state, overlay.writes())
  state.take(overlay.writes())
  return { code: '', events: outcome.events }
}

export async function createWorld(options: Partial<SampleOptions> = {}): Promise<World> {
  const seed = new Uint8Array(32).fill(7)
  const { sample, genesis } = sampleNetwork({ seed, timeMs: START_MS, ...options })
  const { chainId, engine, parameters, writes } = genesis
  const rules = createRules({ chainId, engine, parameters, list: appList })
  const crypto = await createNativeSuite()
  const state = createOverlay(emptyState)
  for (const { app, key, value } of writes) state.set({ app, key }, value)
  const accounts = new Map(sample.accounts.map((account) => [account.name, account]))
  const reader = listing(state)
  let moment: Moment = { height: 1, timeMs: START_MS + 1 }
  const keys = (name: string): AccountKeys => {
    const found = accounts.get(name)
    if (found === undefined) throw new Error(`no account ${name}`)
    return found
  }
  const id = (name: string) => keys(name).account
  return {
    rules,
    state,
    reader,
    keys,
    id,
    organization: (name) => {
      const found = sample.file.organizations.find((organization) => organization.name === name)
      if (found === undefined) throw new Error(`no organization ${name}`)
      return found.id
    },
    learn: (name, account) => accounts.set(name, account),
    at: (change) => {
      moment = { ...moment, ...change }
    },
    act: (name, json, ...signers) => {
      const type = requireType(rules, name)
      // Through the bytes, as every payload comes.
      const payload = decode(type.payload, encode(type.payload, type.payload.fromJson(json)))
      const ids = { chainId, txId: chainId, item: 0, signers: signers.map(id) }
      const context = { ...ids, ...moment, engine }
      return attempt({ rules, state, crypto }, type, { payload, context })
    },
    query: async (name, parameters) => {
      const query = rules.list.apps
        .flatMap(({ queries }) => queries)
        .find((known) => known.name === name)
      if (query === undefined) throw new Error(`no query ${name}`)
      const answer = await query.run(reader, parameters, moment)
      return answer.ok ? answer.result : answer.code
    },
  }
}
