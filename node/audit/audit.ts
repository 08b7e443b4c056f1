// The offline audit of a store: the chain from genesis, the indexes, the state of the head, and nothing beside them.
import type { VerifySignature } from '../../consensus/certificate.ts'
import type { Genesis } from '../../genesis/build.ts'
import type { AppList } from '../../vm/app.ts'
import { createRules } from '../../vm/rules.ts'
import type { Digest, Height, PublicKey } from '../../vm/types.ts'
import { type Base, readBase } from '../ledger/base.ts'
import { genesisBlock } from '../ledger/genesis.ts'
import { createHistory } from '../ledger/history.ts'
import { readHeadRecord } from '../ledger/records.ts'
import { type Roots, stateRootOf } from '../ledger/tree.ts'
import { readsInArea } from '../store/areas.ts'
import { baseKey, envelopesKey, headKey } from '../store/keys.ts'
import type { Store, StoreReads } from '../store/port.ts'
import { auditBlock, auditGenesis, type BlockAudit, type Link, type Tally } from './blocks.ts'
import { type Finding, findingOf, report, required } from './finding.ts'
import { auditOld } from './old.ts'
import { countKeys, scan } from './scan.ts'
import { auditState } from './state.ts'
import { auditVotes } from './votes.ts'

export type AuditParts = {
  readonly store: Store
  readonly genesis: Genesis
  readonly list: AppList
  readonly verifySignature: VerifySignature
  /** Called after each block. */
  readonly progress?: (done: { readonly height: Height; readonly of: Height }) => void
}

export type AuditResult =
  | {
      readonly ok: true
      readonly height: Height
      /** From here on whole blocks were audited; below it, what is left of older ones. */
      readonly lowest: Height
      readonly stateRoot: Digest
      /** Keys that signed votes which contradict each other, as far as the kept votes of this store show it. */
      readonly accused: readonly PublicKey[]
    }
  | {
      readonly ok: false
      /** The highest block that was found. */
      readonly height: Height
      readonly firstBadHeight: Height
      readonly what: string
    }

type Chain = {
  readonly link: Link
  readonly tally: Tally
  readonly finding: Finding | undefined
}

const none: Tally = {
  ...{ headers: 1, certificates: 1, idLists: 1 },
  ...{ transactions: 0, inboxes: 0, sets: 1 },
}

type Span = { readonly lowest: Height; readonly top: Height }

async function auditChain(
  audit: BlockAudit,
  first: Link,
  { parts, lowest, top }: Span & { readonly parts: AuditParts },
): Promise<Chain> {
  const start = { link: first, tally: none }
  const genesis = findingOf(0, () => auditGenesis(audit, first))
  let { link, tally, finding } =
    lowest === 1 || genesis !== undefined
      ? { ...start, finding: genesis }
      : await auditOld(audit, start, lowest)
  while (finding === undefined && link.header.height < top) {
    const height = link.header.height + 1
    finding = findingOf(height, () => {
      const done = auditBlock(audit, link, tally)
      link = done.link
      tally = done.tally
    })
    parts.progress?.({ height, of: top })
  }
  return { link, tally, finding }
}

/** The roots of the trees as the head record names them, checked against the newest header. */
function rootsOf(store: StoreReads, link: Link): Roots {
  const { height } = link.header
  const bytes = required(store.get(headKey), { height, what: 'the head' })
  const record = readHeadRecord(bytes)
  if (record.height !== height || record.id !== link.id)
    report(height, `the head names block ${record.height}, the chain ends with ${height}`)
  const roots: Roots = new Map(record.trees.map(({ app, root }) => [app, root]))
  if (stateRootOf(roots) !== link.header.stateRoot)
    report(height, 'the state trees do not begin where the head’s state root says')
  return roots
}

/** The height of the newest stored header: not taken from the head record, which may be the damaged one. */
async function topOf(store: StoreReads): Promise<Height> {
  const [newest] = await store.range({ from: 'b/', below: 'b0', limit: 1, reverse: true })
  return newest === undefined ? 0 : Number.parseInt(newest.key.slice(2), 16)
}

/** Bodies of blocks below the whole ones that were not removed yet. */
async function countRest(store: StoreReads, lowest: Height): Promise<number> {
  const span = { from: envelopesKey(1), below: envelopesKey(lowest), limit: lowest }
  return (await store.range(span)).length
}

/** Records that no block accounts for. */
async function auditExtras(
  store: StoreReads,
  { link, tally }: Chain,
  lowest: Height,
): Promise<Finding | undefined> {
  const { height } = link.header
  const rest = await countRest(store, lowest)
  const blocks = height - lowest + 2 + rest
  const expected: Readonly<Record<string, number>> = {
    'b/': tally.headers,
    'c/': tally.certificates,
    't/': blocks,
    'd/': tally.idLists,
    'r/': blocks,
    'e/': blocks,
    'i/': tally.transactions,
    ...(rest === 0 ? { 'n/': tally.inboxes } : {}),
    'v/': tally.sets,
  }
  for (const [prefix, count] of Object.entries(expected)) {
    const stored = await countKeys(store, prefix)
    if (stored !== count)
      return { height, what: `${stored} records ${prefix} are stored, the blocks make ${count}` }
  }
  const known = new Set([...Object.keys(expected), 'n/', 'w/', 's/', 'S/'])
  for await (const { key } of scan(store, '')) {
    if (key !== headKey && key !== baseKey && !known.has(key.slice(0, 2)))
      return { height, what: `the record ${key} is of no kind that is known` }
  }
  return undefined
}

/** Where the store says that the ledger stands; a record that is damaged is a finding of its own. */
function baseOf(store: StoreReads): { readonly base: Base; readonly finding: Finding | undefined } {
  let base: Base = { lowest: 1, area: 'lower' }
  const finding = findingOf(0, () => {
    base = readBase(store)
  })
  return { base, finding }
}

/** Reads everything and changes nothing. Transactions are not executed again: their effects are certified by the roots. */
export async function audit(parts: AuditParts): Promise<AuditResult> {
  const { genesis, list, verifySignature } = parts
  const { base, finding: baseFinding } = baseOf(parts.store)
  const { lowest } = base
  const store = readsInArea(parts.store, base.area)
  const { chainId, engine, parameters } = genesis
  const rules = createRules({ chainId, engine, parameters, list })
  const history = createHistory(store)
  const first = genesisBlock(rules, genesis)
  const top = await topOf(store)
  const span = { parts, lowest, top }
  const chain = await auditChain({ store, history, engine, verifySignature }, first, span)
  const found: (Finding | undefined)[] = [baseFinding, chain.finding]
  // The state is looked at even below a bad block: a value that an older block wrote may be the first thing that is wrong.
  let roots: Roots | undefined
  const headFinding = findingOf(top, () => {
    const newest = required(history.header(top), { height: top, what: 'the newest header' })
    roots = rootsOf(store, { ...newest, validators: [] })
  })
  found.push(headFinding)
  if (roots !== undefined) found.push(...(await auditState({ store, roots, head: top })))
  const votes = await auditVotes({ store, chainId, verifySignature }, top)
  found.push(votes.finding)
  if (!found.some((finding) => finding !== undefined))
    found.push(await auditExtras(store, chain, lowest))
  const [worst] = found
    .filter((finding) => finding !== undefined)
    .sort((a, b) => a.height - b.height)
  const { stateRoot } = chain.link.header
  if (worst === undefined)
    return { ok: true, height: top, lowest, stateRoot, accused: votes.accused }
  return { ok: false, height: top, firstBadHeight: worst.height, what: worst.what }
}
