// verify finds what was changed in a stopped node's folder, and names the height that wrote it.
import { join } from 'node:path'
import t from 'tap'
import { homePaths } from '../../node/home.ts'
import { openLevelStore } from '../../node/store/level.ts'
import { epioneJson, stopAfter, temporaryFolder } from '../support/epione.ts'
import { epioneHere } from '../support/epione-here.ts'

t.test('verify', async (t) => {
  const network = join(temporaryFolder(t), 'net')
  stopAfter(t, network)
  const home = join(network, 'validators', 'hospital')
  await epioneJson(t, ['testnet', 'init', '--home', network, '--validators', '1'])

  const empty = await epioneHere(t, ['verify', home])
  t.equal(empty.code, 3)
  t.match(empty.err, /^HOME_INVALID: .* holds no chain/)

  await epioneJson(t, ['testnet', 'start', '--home', network])
  await epioneJson(t, ['testnet', 'bench', '--home', network, '--rate', '10', '--seconds', '1'])
  const busy = await epioneHere(t, ['verify', home])
  t.equal(busy.code, 3)
  t.match(busy.err, /^HOME_LOCKED: /)
  await epioneJson(t, ['testnet', 'stop', '--home', network])

  const good = await epioneJson(t, ['verify', home])
  t.match(good, { ok: true, stateRoot: /^0x[0-9a-f]{64}$/ })
  t.ok(good.height > 0)

  const store = await openLevelStore(homePaths(home).data)
  const [entry] = await store.range({ from: 's/', below: 's0', limit: 1 })
  t.ok(entry, 'a stored value')
  const { key = '', value = new Uint8Array() } = entry ?? {}
  const changed = value.slice()
  changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1
  await store.write({ put: [{ key, value: changed }], remove: [] })
  await store.close()

  const bad = await epioneHere(t, ['verify', '--home', home, '--json'])
  t.equal(bad.code, 1)
  t.equal(bad.err, '')
  const found = JSON.parse(bad.out)
  t.same(Object.keys(found), ['ok', 'height', 'firstBadHeight', 'what'])
  t.match(found, { ok: false, height: good.height, firstBadHeight: Number, what: /\w/ })
  const spoken = await epioneHere(t, ['verify', home])
  t.equal(spoken.code, 1)
  t.match(spoken.out, /^BAD at height \d+ of \d+: .*\n {2}try: epione repair --home /)

  const alone = await epioneHere(t, ['repair', '--home', home])
  t.equal(alone.code, 3)
  t.match(alone.err, /no other validator has this chain\n {2}try: .*backup/)
  t.equal((await epioneHere(t, ['verify', home])).code, 1, 'nothing was changed')
})
