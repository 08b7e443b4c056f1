// The sample network of tests: for the same options made once in a process, its keys checked as a node checks them.
import { appList } from '../../apps/index.ts'
import { buildGenesis, type Genesis } from '../../genesis/build.ts'
import { createSample, type SampleOptions } from '../../genesis/sample.ts'
import type { Testnet } from '../../genesis/testnet.ts'
import { installNativeKeyCheck } from '../../node/crypto/ed25519.ts'

installNativeKeyCheck()

export type SampleNetwork = { readonly sample: Testnet; readonly genesis: Genesis }

const made = new Map<string, SampleNetwork>()

export function sampleNetwork(options: Omit<SampleOptions, 'addressesOf'>): SampleNetwork {
  const name = JSON.stringify({ ...options, seed: Buffer.from(options.seed).toString('hex') })
  const before = made.get(name)
  if (before !== undefined) return before
  const sample = createSample(options, appList)
  const network = { sample, genesis: buildGenesis(sample.file, appList) }
  made.set(name, network)
  return network
}
