// Four real validators: a damaged data folder is refused, set aside by repair, and its node fetches the chain again and votes.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { certificateAnswer } from '../../client/answers.ts'
import { homePaths } from '../../node/home.ts'
import { validatorHomes } from '../../node/testnet/layout.ts'
import { runningIn, stopIn } from '../../node/testnet/processes.ts'
import {
  epione,
  epioneJson,
  reach,
  spawnEpione,
  statusOf,
  stopAfter,
  temporaryFolder,
} from '../support/epione.ts'
import { epioneHere } from '../support/epione-here.ts'

const VICTIM = 'insurer'

/** Changes a byte in the middle of the largest file of a data folder. */
function damage(data: string): void {
  const [largest] = readdirSync(data)
    .filter((name) => /\.(?:ldb|log)$/.test(name))
    .map((name) => ({ path: join(data, name), bytes: readFileSync(join(data, name)) }))
    .toSorted((left, right) => right.bytes.length - left.bytes.length)
  if (largest === undefined) throw new RangeError('there is no data')
  const place = largest.bytes.length >> 1
  largest.bytes[place] = (largest.bytes[place] ?? 0) ^ 0x40
  writeFileSync(largest.path, largest.bytes)
}

async function signersAt(rpcUrl: string | null, height: number): Promise<number> {
  const ran = await epioneHere(t, [
    ...['rpc', 'chain_certificate', JSON.stringify({ height })],
    ...['--url', rpcUrl ?? '', '--json'],
  ])
  return certificateAnswer.fromJson(JSON.parse(ran.out)).content?.signers[0] ?? 0
}

t.test('a damaged validator is repaired from the others', async (t) => {
  const network = join(temporaryFolder(t), 'net')
  stopAfter(t, network)
  await epioneJson(t, ['testnet', 'init', '--home', network])
  await epioneJson(t, ['testnet', 'start', '--home', network])
  await epioneJson(t, ['testnet', 'bench', '--home', network, '--rate', '40', '--seconds', '3'])
  const homes = await validatorHomes(network)
  const place = homes.findIndex(({ name }) => name === VICTIM)
  const home = homes[place]?.home ?? ''
  await stopIn(home)
  damage(homePaths(home).data)

  const refused = await epione(['start', '--home', home])
  t.equal(refused.code, 3)
  t.match(refused.err, /STORE_DAMAGED: .*\n {2}try: epione repair --home/)
  const repaired = await epioneJson(t, ['repair', '--home', home])
  t.match(repaired, { ok: true, aside: /data\.damaged-1$/, what: /damaged/ })

  const child = spawnEpione(['start', '--home', home])
  child.stdout?.resume()
  child.stderr?.resume()
  t.teardown(() => child.kill('SIGKILL'))
  while ((await runningIn(home)) === undefined) await new Promise((next) => setTimeout(next, 50))
  const nodes = await statusOf(network)
  const witness = nodes.find(({ name }) => name !== VICTIM)
  // Without a third one its vote is needed for every block.
  const third = homes.find(({ name }) => name !== VICTIM && name !== witness?.name)
  await stopIn(third?.home ?? '')
  const height = await reach({ rpcUrl: witness?.rpcUrl ?? null }, 1)
  await epione(['testnet', 'bench', '--home', network, '--rate', '5', '--seconds', '2'])
  const decided = await reach({ rpcUrl: witness?.rpcUrl ?? null }, height + 1)
  const bit = 1 << place
  t.equal((await signersAt(witness?.rpcUrl ?? null, decided)) & bit, bit, 'it signed')
  child.kill('SIGTERM')
  await new Promise((ended) => child.once('close', ended))
  t.match(await epioneJson(t, ['verify', '--home', home]), { ok: true })
  t.match(await epioneJson(t, ['repair', '--home', home]), { ok: true, aside: null })
})
