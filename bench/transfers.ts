// Signed transfers through a network of four validator processes, with their own account of what it cost.
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { homePaths, readGenesis } from '../node/home.ts'
import { type LoadReport, runLoad } from '../node/load/load.ts'
import { samplePayers, validatorHomes, writeNetwork } from '../node/testnet/layout.ts'
import { runningIn, startDetached, stopIn, untilReady } from '../node/testnet/processes.ts'

export type TransferFigures = {
  readonly load: LoadReport
  /** Of all validators together, per delivered transfer and validator. */
  readonly cpuMicrosPerTransfer: number
  readonly residentBytesMax: number
  /** Signatures that each validator checked; equal to what was offered if every one checked every one. */
  readonly signaturesChecked: readonly number[]
  readonly viewChanges: number
}

type Figures = {
  readonly cpuSeconds: number
  readonly residentBytes: number
  readonly signatures: number
  readonly viewChanges: number
}

function figure(text: string, name: string): number {
  const lines = text.split('\n').filter((line) => line.startsWith(name))
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
}

async function figuresOf(rpcUrl: string): Promise<Figures> {
  const text = await (await fetch(new URL('/metrics', rpcUrl))).text()
  return {
    cpuSeconds: figure(text, 'epione_process_cpu_seconds_total'),
    residentBytes: figure(text, 'epione_process_resident_memory_bytes'),
    signatures: figure(text, 'epione_verification_signatures_total'),
    viewChanges: figure(text, 'epione_consensus_view_changes_total'),
  }
}

export async function measureTransfers(plan: {
  readonly validators: number
  readonly rate: number
  readonly seconds: number
  readonly onProgress?: (delivered: number, total: number) => void
}): Promise<TransferFigures> {
  const { validators, rate, seconds } = plan
  const home = await mkdtemp(join(tmpdir(), 'epione-bench-'))
  const seed = new Uint8Array(randomBytes(32))
  await writeNetwork({ home, validators, seed, timeMs: Date.now(), accounts: 20 })
  const homes = (await validatorHomes(home)).map((one) => one.home)
  try {
    const started = await Promise.all(homes.map((one) => startDetached(one)))
    await Promise.all(
      homes.map((one, index) => untilReady(one, { started: started[index], timeoutMs: 60_000 })),
    )
    const running = await Promise.all(homes.map((one) => runningIn(one)))
    const urls = running.flatMap((one) => (one === undefined ? [] : [one.rpcUrl]))
    const { genesis } = await readGenesis(homePaths(homes[0] ?? '').genesis)
    const payers = await samplePayers(home)
    const common = { urls, chainId: genesis.chainId, payers }
    await runLoad({ ...common, rate: Math.min(rate, 200), seconds: 3 })
    const before = await Promise.all(urls.map(figuresOf))
    const load = await runLoad({
      ...common,
      rate,
      seconds,
      onProgress: ({ delivered }) => plan.onProgress?.(delivered, rate * seconds),
    })
    const after = await Promise.all(urls.map(figuresOf))
    const grown = (name: keyof Figures) =>
      after.map((now, index) => now[name] - (before[index]?.[name] ?? 0))
    const cpuSeconds = grown('cpuSeconds').reduce((sum, one) => sum + one, 0)
    return {
      load,
      cpuMicrosPerTransfer: (cpuSeconds * 1e6) / Math.max(1, load.delivered) / validators,
      residentBytesMax: Math.max(...after.map(({ residentBytes }) => residentBytes)),
      signaturesChecked: grown('signatures'),
      viewChanges: grown('viewChanges').reduce((sum, one) => sum + one, 0),
    }
  } finally {
    await Promise.all(homes.map((one) => stopIn(one)))
    await rm(home, { recursive: true, force: true })
  }
}
