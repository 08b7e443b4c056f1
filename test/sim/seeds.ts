// A campaign of seeds as a test: whatever happens, nobody forks, votes twice, loses what was acknowledged or stays stuck.
import type { Test } from 'tap'
import { installNativeSha256 } from '../../node/crypto/sha256.ts'
import { runCampaign } from './campaign.ts'

const HEIGHTS = 20

export type Campaign = {
  readonly validators: number
  readonly first: number
  readonly last: number
}

export async function checkSeeds(t: Test, { validators, first, last }: Campaign): Promise<void> {
  installNativeSha256()
  const network = { validators, heights: HEIGHTS, engine: undefined }
  // In this process: other files run beside it, and each further process would load and warm up the same again.
  const campaign = { ...network, seeds: { first, last }, jobs: 1 }
  const report = await runCampaign(campaign, () => undefined)
  for (const { seed, checker, text } of report.failures) t.fail(`seed ${seed}: ${checker}: ${text}`)
  const seeds = last - first + 1
  t.equal(report.seeds, seeds)
  t.ok(report.heights >= HEIGHTS * seeds, `${report.heights} heights`)
  t.ok(Object.keys(report.faults).length > 8, 'faults of many kinds')
}
