// npm run bench: one table of what this machine does, each figure beside the unit of the same run.
import { availableParallelism, cpus, totalmem } from 'node:os'
import { parseArgs } from 'node:util'
import { table } from '../node/cli/output.ts'
import { progressLine } from '../node/cli/progress.ts'
import { installNativeSha256 } from '../node/crypto/sha256.ts'
import { measureRecords } from './records.ts'
import { measureVerification } from './signatures.ts'
import { measureStateTree } from './state-tree.ts'
import { measureTransfers } from './transfers.ts'

const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '30' },
    validators: { type: 'string', default: '4' },
    keys: { type: 'string', default: '100000' },
    json: { type: 'boolean', default: false },
    only: { type: 'string' },
  },
})

const say = (line: string): void => {
  process.stderr.write(`${line}\n`)
}
const rows: [string, string][] = []
const put = (name: string, value: string): void => {
  rows.push([name, value])
}
const wants = (part: string): boolean => values.only === undefined || values.only === part

installNativeSha256()
const cores = availableParallelism()
const machine = `${cores} × ${cpus()[0]?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}`
put('machine', machine)
const unit = measureVerification()
put(
  'one Ed25519 verification (the unit)',
  `${unit.toFixed(1)} us, ${(1e6 / unit).toFixed(0)}/s on one core`,
)

if (wants('transfers')) {
  const validators = Number(values.validators)
  const rate = Number(values.rate)
  const seconds = Number(values.seconds)
  say(`transfers: ${rate}/s for ${seconds} s through ${validators} validator processes`)
  const bar = progressLine('transfers')
  const { load, ...cost } = await measureTransfers({
    validators,
    rate,
    seconds,
    onProgress: (delivered, total) => bar.update(delivered, total),
  })
  bar.stop()
  const ceiling = (cores * 1e6) / unit / validators
  const { p50, p95, p99 } = load.latencyMs
  put('transfers offered', `${load.offered} of ${load.bytesPerTransfer} bytes at ${rate}/s`)
  put(
    'delivered',
    `${load.delivered} at ${load.deliveredPerSecond.toFixed(0)}/s in ${load.blocks} blocks`,
  )
  put('refused', JSON.stringify(load.refused))
  put('latency p50 / p95 / p99', `${p50.toFixed(0)} / ${p95.toFixed(0)} / ${p99.toFixed(0)} ms`)
  put(
    'CPU per transfer and validator',
    `${cost.cpuMicrosPerTransfer.toFixed(0)} us = ${(cost.cpuMicrosPerTransfer / unit).toFixed(1)} units`,
  )
  put(
    'delivered / (cores × verifications per second / validators)',
    `${((100 * load.deliveredPerSecond) / ceiling).toFixed(1)} % of ${ceiling.toFixed(0)}/s`,
  )
  put('signatures checked by each validator', cost.signaturesChecked.join(', '))
  put('largest resident memory', `${(cost.residentBytesMax / 2 ** 20).toFixed(0)} MiB`)
  put('view changes, all validators', `${cost.viewChanges}`)
}
if (wants('records')) {
  say('records: made and checked, alone and in batches')
  const records = await measureRecords()
  put(
    'records made alone / in batches of 16',
    `${records.madeAlonePerSecond.toFixed(0)} / ${records.madeInBatchPerSecond.toFixed(0)} per second`,
  )
  put(
    'records checked alone / in batches of 16',
    `${records.checkedAlonePerSecond.toFixed(0)} / ${records.checkedInBatchPerSecond.toFixed(0)} per second`,
  )
}
if (wants('state')) {
  const keys = Number(values.keys)
  say(`state tree: updates among ${keys} keys`)
  const tree = await measureStateTree(keys)
  put(
    `state tree updates among ${keys} keys`,
    `${tree.updatesPerSecond.toFixed(0)}/s, hashing and synced storage included`,
  )
}
put('one verification at the end', `${measureVerification().toFixed(1)} us`)
process.stdout.write(
  values.json
    ? `${JSON.stringify(Object.fromEntries(rows), null, 2)}\n`
    : `${table(['what', 'figure'], rows)}\n`,
)
process.exit(0)
