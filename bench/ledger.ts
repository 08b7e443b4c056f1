// node bench/ledger.ts: one validator's ledger alone, without network, signatures and decoding; once as primary, once as backup.
// With --items 1000 --transfers 3 --accounts 1001 blocks of three batches; figures are per item then.
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { appList } from '../apps/index.ts'
import { buildGenesis, type Genesis } from '../genesis/build.ts'
import { createSample } from '../genesis/sample.ts'
import { table } from '../node/cli/output.ts'
import { installNativeSha256 } from '../node/crypto/sha256.ts'
import { bytesIn } from '../node/dev/bytes-in.ts'
import { openLedger } from '../node/ledger/open.ts'
import type { Executed, Ledger } from '../node/ledger/types.ts'
import { createTransferFactory, type Payer } from '../node/load/transfers.ts'
import { openLevelStore } from '../node/store/level.ts'
import { assert } from '../vm/assert.ts'
import { decodeActs } from '../vm/batch.ts'
import { fromHex } from '../vm/bytes.ts'
import type { CheckedTransaction } from '../vm/execute.ts'
import { createRules } from '../vm/rules.ts'
import { decodeTransaction } from '../vm/transaction.ts'
import { createBatchFactory } from './mixes.ts'

const { values } = parseArgs({
  options: {
    blocks: { type: 'string', default: '20' },
    transfers: { type: 'string', default: '1000' },
    items: { type: 'string', default: '1' },
    accounts: { type: 'string', default: '20' },
    json: { type: 'boolean', default: false },
  },
})
const blocks = Number(values.blocks)
const transfers = Number(values.transfers)
const items = Number(values.items)
const accounts = Number(values.accounts)

/** A certificate of four validators is as long; nobody here looks at it. */
const certificate = new Uint8Array(randomBytes(240))

type Figures = {
  /** Microseconds of CPU of the main thread per transfer: making or repeating a block, and storing it. */
  readonly run: number
  readonly commit: number
  /** Of all threads, the write-ahead log, compaction and garbage collection among them. */
  readonly cpu: number
  readonly diskBytes: number
}

/** Blocks before those that count: the machine code of the hot path is not made at once. */
const WARM_UP = Math.ceil(10_000 / (transfers * items))

/** Microseconds of this thread so far. */
function threadMicros(): number {
  const { user, system } = process.threadCpuUsage()
  return user + system
}

/** Takes blocks, each made by `next`, to a ledger on disk. */
async function measure(
  genesis: Genesis,
  next: (ledger: Ledger, index: number) => Executed,
): Promise<Figures> {
  const folder = await mkdtemp(join(tmpdir(), 'epione-bench-'))
  const store = await openLevelStore(folder)
  const ledger = await openLedger({ store, genesis, list: appList })
  let [run, commit] = [0, 0]
  let cpu = process.cpuUsage()
  let diskBytes = 0
  for (let index = 0; index < WARM_UP + blocks; index++) {
    if (index === WARM_UP) {
      ;[run, commit] = [0, 0]
      cpu = process.cpuUsage()
      diskBytes = await bytesIn(folder)
    }
    const start = threadMicros()
    const executed = next(ledger, index)
    const middle = threadMicros()
    await ledger.commit(executed, certificate)
    run += middle - start
    commit += threadMicros() - middle
  }
  const { user, system } = process.cpuUsage(cpu)
  const count = blocks * transfers * items
  diskBytes = ((await bytesIn(folder)) - diskBytes) / count
  await store.close()
  await rm(folder, { recursive: true })
  return {
    run: run / count,
    commit: commit / count,
    cpu: (user + system) / count,
    diskBytes,
  }
}

function createChain() {
  const timeMs = 1_700_000_000_000
  const seed = new Uint8Array(randomBytes(32))
  const sample = createSample({ seed, timeMs, accounts }, appList)
  const { file } = sample
  const genesis = buildGenesis(file, appList)
  const people = sample.accounts.filter(({ name }) => name.startsWith('account-'))
  const { chainId } = genesis
  const payers = people.map(({ account, seed }): Payer => ({ account, seed: fromHex(seed) }))
  const create =
    items === 1
      ? createTransferFactory(chainId, payers)
      : createBatchFactory({ chainId, payers }, items)
  const proposer = file.validators[0]?.account
  assert(proposer !== undefined, 'a chain has a validator')
  const { types } = createRules({ ...genesis, list: appList })
  const candidates = Array.from({ length: WARM_UP + blocks }, () =>
    Array.from({ length: transfers }, (): CheckedTransaction => {
      const transaction = decodeTransaction(fromHex(create(timeMs + 600_000).envelope))
      return { transaction, acts: decodeActs(types, transaction) }
    }),
  )
  return { genesis, timeMs, proposer, candidates }
}

installNativeSha256()
const { genesis, timeMs, proposer, candidates } = createChain()
const made: Executed[] = []
const verdictsOf = () => undefined

const primary = await measure(genesis, (ledger, index) => {
  const { execution, leftOut } = ledger.build({
    candidates: candidates[index] ?? [],
    verdictsOf,
    timeMs: timeMs + 50 * (index + 1),
    proposer,
    budget: ledger.rules.parameters.blockBudget,
    mayGoOn: () => true,
  })
  assert(leftOut.length === 0, 'every transfer fits')
  made.push(execution)
  return execution
})
const backup = await measure(genesis, (ledger, index) => {
  const { headerBytes } = made[index] ?? { headerBytes: new Uint8Array() }
  const done = ledger.execute({ headerBytes, transactions: candidates[index] ?? [], verdictsOf })
  assert(done.ok, 'a backup makes the same block')
  return done.executed
})

const rows = (['run', 'commit', 'cpu', 'diskBytes'] as const).map((name) => [
  name,
  primary[name].toFixed(1),
  backup[name].toFixed(1),
])
process.stdout.write(
  values.json
    ? `${JSON.stringify({ primary, backup })}\n`
    : `${table(['per transfer (us, bytes)', 'primary', 'backup'], rows)}\n`,
)
