// A second node gets a seat by commands alone: admitted, ready, proposed, voted on, submitted; and what is said on the way.
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { startCommanded } from '../support/commanded.ts'
import { epioneJson, stopAfter, temporaryFolder } from '../support/epione.ts'
import { enter, epioneHere } from '../support/epione-here.ts'

t.test('add a validator by files that go round', async (t) => {
  const cwd = await startCommanded(t)
  const json = (...args: readonly string[]) => epioneJson(t, args)
  const home = ['--home', 'net/validators/hospital']
  const admin = ['--key', 'net/validators/hospital/keys/account-hospital-admin.json']
  const initial = await json('validators', ...home)
  t.match(initial, { validators: [{ name: 'hospital', due: true, alive: true }] })
  t.match(initial, { pending: [], candidates: [] })

  const listen = ['--listen', '/ip4/127.0.0.1/tcp/1']
  const init = await epioneHere(t, ['init', '--home', 'second', '--name', 'second', ...listen])
  writeFileSync(join(cwd, 'second.json'), init.out)
  const card = JSON.parse(init.out)
  const { consensusKey, account } = card.validator

  const early = await epioneHere(t, ['validators', 'admit', 'second.json', ...admin, ...home])
  t.equal(early.code, 5)
  t.match(early.out, /refused in block \d+: ROLE_MISSING: The account is not active/)
  const admitted = await json('validators', 'admit', 'second.json', '--own', ...admin, ...home)
  t.match(admitted, { code: '' })
  t.match(await json('validators', ...home), { candidates: [{ account, ready: false }] })

  const propose = ['validators', 'propose', 'add', account, '--out', 'add.json']
  await json(...propose, ...home)
  const again = await epioneHere(t, [...propose, ...home])
  t.equal(again.code, 2, 'nobody’s file is written over')
  const submit = ['validators', 'submit', 'add.json', ...admin, ...home]
  const unvoted = await epioneHere(t, submit)
  t.equal(unvoted.code, 5)
  t.match(unvoted.out, /0 of 1 votes: none\nmissing: 1 of hospital/)

  copyFileSync(join(cwd, 'add.json'), join(cwd, 'altered.json'))
  const clerk = ['--key', 'net/validators/hospital/keys/account-hospital.json']
  const useless = await epioneHere(t, ['validators', 'vote', 'add.json', ...clerk, ...home])
  t.equal(useless.code, 2)
  t.match(
    useless.err,
    /INPUT_INVALID: a vote of 0x.* does not count: the account is no admin\n.*try/,
  )
  t.same(JSON.parse(readFileSync('add.json', 'utf8')).votes, [], 'and is not written')
  const stranger = ['--key', 'second/keys/account-second-admin.json', ...home]
  const unknown = await epioneHere(t, ['validators', 'vote', 'add.json', ...stranger])
  t.match(unknown.err, /does not count: the ledger knows no such account/)
  const blind = await epioneHere(t, ['validators', 'vote', 'add.json', ...clerk])
  t.match(blind.err, /no node was asked whether this vote counts/)
  const counted = await epioneHere(t, submit)
  t.equal(counted.code, 5)
  t.match(counted.err, /the vote of 0x.* does not count: the account is no admin/)
  t.match(counted.out, /0 of 1 votes: none/)
  await epioneHere(t, ['validators', 'vote', 'add.json', ...admin, ...home])
  const vote = await epioneHere(t, ['validators', 'vote', 'add.json', ...admin])
  t.equal(vote.code, 0, vote.err)
  t.match(vote.out, /add a validator\n(?:.*\n)*consensus key\s+0x(?:.*\n)*voted as 0x/)
  const altered = JSON.parse(readFileSync(join(cwd, 'add.json'), 'utf8'))
  altered.proposal.untilMs += 1
  writeFileSync(join(cwd, 'altered.json'), JSON.stringify(altered))
  const refused = await epioneHere(t, ['validators', 'submit', 'altered.json', ...admin, ...home])
  t.equal(refused.code, 2)
  t.match(refused.err, /altered.json: the vote of 0x.* is not for this change/)

  const unready = await epioneHere(t, submit)
  t.equal(unready.code, 5)
  t.match(unready.out, /CANDIDATE_NOT_READY: .* start its node/)
  const ready = JSON.stringify({ consensusKey })
  const key = ['--key', 'second/keys/account-second-validator.json']
  await json('tx', 'registry.validator-ready', ready, ...key, ...home)
  const sent = await json(...submit)
  t.match(sent, { code: '', voted: ['hospital'], missing: [], needed: 1 })
  t.equal(sent.from, sent.block + 2)
  t.match(await json('validators', 'list', ...home), {
    pending: [{ from: sent.from, validators: [{ name: 'hospital' }, { account }] }],
    candidates: [],
  })
})

t.test('an organization is admitted by a file that several sign', async (t) => {
  const cwd = await startCommanded(t)
  const home = ['--home', 'net/validators/hospital']
  const keyOf = (name: string) => `net/validators/hospital/keys/account-${name}.json`
  const json = (...args: readonly string[]) => epioneJson(t, args)
  const { accounts } = JSON.parse(readFileSync('net/validators/hospital/card.json', 'utf8'))
  const clerk = accounts.find(({ roles }: { roles: string[] }) => roles.includes('hospital')).id
  const init = await epioneHere(t, [
    ...['init', '--home', 'lab', '--name', 'lab', '--listen', '/ip4/127.0.0.1/tcp/1'],
  ])
  const card = JSON.parse(init.out)
  const [admin] = card.accounts
  const { id, publicKeys, encryptionKey, roles } = admin
  const account = { id, publicKey: publicKeys[0], encryptionKey, roles }
  writeFileSync('organization.json', JSON.stringify({ ...card.organization, account }))
  const act = ['tx', 'registry.admit-organization', '@organization.json', ...home]
  const shared = ['--key', keyOf('hospital-admin'), '--with', clerk, '--out', 'admission.json']
  t.match(await json(...act, ...shared), { missing: [clerk] })
  const early = await epioneHere(t, ['tx', 'send', 'admission.json', ...home])
  t.equal(early.code, 2)
  t.match(early.err, /admission.json lacks 0x/)
  const wrong = ['tx', 'sign', 'admission.json', '--key', 'lab/keys/account-lab-admin.json']
  t.match((await epioneHere(t, wrong)).err, /does not wait for 0x/)
  t.match(await json('tx', 'sign', 'admission.json', '--key', keyOf('hospital')), { missing: [] })
  await refuseOtherChain(t, { cwd, home })
  t.match(await json('tx', 'send', 'admission.json', ...home), { code: '' })

  // What the new organization does by itself, and what lets its node in.
  const validator = card.accounts.find((one: { id: string }) => one.id === card.validator.account)
  const seat = { id: validator.id, publicKey: validator.publicKeys[0], roles: ['validator'] }
  const own = ['--key', 'lab/keys/account-lab-admin.json', ...home]
  await json('tx', 'registry.admit-account', JSON.stringify(seat), ...own)
  writeFileSync('lab.json', init.out)
  await json('validators', 'admit', 'lab.json', '--key', keyOf('hospital-admin'), ...home)
  t.match(await json('validators', ...home), { candidates: [{ name: 'lab', ready: false }] })
  t.match(
    (await epioneHere(t, ['validators', ...home])).out,
    /candidate[^\n]*\n.*lab.*has not caught up/,
  )
})

/** What is meant for another chain is not sent to the node that happens to have the usual port, which is named. */
async function refuseOtherChain(
  t: Test,
  { cwd, home }: { readonly cwd: string; readonly home: readonly string[] },
): Promise<void> {
  stopAfter(t, join(cwd, 'other'))
  await epioneJson(t, ['testnet', 'init', '--home', 'other', '--validators', '1'], { cwd })
  const { nodes } = await epioneJson(t, ['testnet', 'start', '--home', 'other'], { cwd })
  const [{ rpcUrl }] = nodes
  t.teardown(() => delete process.env['EPIONE_URL'])
  process.env['EPIONE_URL'] = rpcUrl
  const sent = await epioneHere(t, ['tx', 'send', 'admission.json'])
  t.equal(sent.code, 2)
  t.match(sent.err, /INPUT_INVALID: admission.json is of chain 0x.*, the node of 0x.*--home/s)
  t.match(sent.err, `asked: ${rpcUrl} (by EPIONE_URL)`)
  const url = (ran: { readonly out: string }) => JSON.parse(ran.out).url
  t.equal(url(await epioneHere(t, ['status', '--json'])), rpcUrl)
  t.not(url(await epioneHere(t, ['status', ...home, '--json'])), rpcUrl)
  const named = await epioneHere(t, ['tx', 'send', 'admission.json', '--url', rpcUrl])
  t.notMatch(named.err, 'asked:', 'who named it knows')
  delete process.env['EPIONE_URL']
}

t.test('clear words for what does not fit', async (t) => {
  const cwd = temporaryFolder(t)
  enter(t, cwd)
  writeFileSync(join(cwd, 'card.json'), '{"version":1}')
  const cases: readonly (readonly [args: readonly string[], said: RegExp])[] = [
    [['validators', 'vote', 'none.json', '--key', 'k'], /none.json: cannot be read/],
    [['validators', 'admit', 'card.json', '--key', 'k'], /INPUT_INVALID: card.json: /],
    [['validators', 'propose', 'ad', 'x', '--out', 'o'], /USAGE: no change is called ad/],
    [
      ['validators', 'propose', 'add', 'x', '--out', 'o', '--days', '31'],
      /INPUT_INVALID: --days: expected an integer from 1 to 30/,
    ],
    [['status', '--url', 'foo'], /INPUT_INVALID: "foo" is no address of a node/],
    [['validators', '--url', 'ftp://a'], /INPUT_INVALID: "ftp:\/\/a" is no address/],
    [['validators', '--url', ''], /INPUT_INVALID: "" is no address/],
  ]
  for (const [args, said] of cases) {
    const ran = await epioneHere(t, args)
    t.equal(ran.code, 2, args.join(' '))
    t.match(ran.err, said)
  }
})
