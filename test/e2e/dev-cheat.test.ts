// Frauds as a user has them shown: who is guilty pays what the genesis says, everybody else has what they must.
import { type Test, test } from 'tap'
import { z } from 'zod'
import { finish, spawnEpione } from '../support/epione.ts'
import { epioneHere } from '../support/epione-here.ts'

const amount = z.string().regex(/^\d+$/).transform(BigInt)
const change = z.tuple([amount, amount])
/** The object of --json, exactly. */
const printed = z.strictObject({
  cheat: z.string(),
  sharing: z.string(),
  guilty: z.string(),
  verdict: z.strictObject({
    code: z.string(),
    evidenceTx: z.string().regex(/^0x[0-9a-f]{64}$/),
    height: z.int().min(1),
  }),
  accounts: z.array(z.strictObject({ role: z.string(), bond: change, balance: change })),
})
type Account = z.infer<typeof printed>['accounts'][number]

const BOND = 100_000n

async function show(t: Test, cheat: string, sharing: string) {
  const network = ['--validators', '1', '--sharing', sharing]
  const { code, out, err } = await finish(
    spawnEpione(['dev', '--once', '--json', '--cheat', cheat, ...network]),
  )
  t.equal(code, 0, err)
  t.match(err, /First everybody is honest(.|\n)*nobody is at fault, no money moved/)
  return printed.parse(JSON.parse(out))
}

/** What an account has more, or less, than before. */
function moved({ role, bond, balance }: Account) {
  return { role, bond: bond[1] - bond[0], balance: balance[1] - balance[0] }
}

function changes(accounts: readonly Account[]) {
  return accounts.map(moved).filter(({ bond, balance }) => bond !== 0n || balance !== 0n)
}

test('a member that deals a bad share loses its bond, half of it to the one that shows it', async (t) => {
  const { cheat, sharing, guilty, verdict, accounts } = await show(t, 'helper', 'M')
  t.same([cheat, sharing, guilty, verdict.code], ['helper', 'M', 'helper', 'bad-share'])
  const [paid, rewarded, ...others] = changes(accounts)
  t.same(paid, { role: 'helper', bond: -BOND, balance: 0n })
  t.match(rewarded, { role: /^helper-[2-5]$/, bond: 0n, balance: BOND / 2n })
  t.same(others, [])
})

test('both holders of a class that stay silent pay, twice as much the second time', async (t) => {
  const { verdict, accounts } = await show(t, 'silent', 'L')
  t.equal(verdict.code, 'silence')
  t.same(changes(accounts), [
    { role: 'silent 1', bond: -3_000n, balance: 0n },
    { role: 'silent 2', bond: -3_000n, balance: 0n },
  ])
})

test('what does not go together is told in a line', async (t) => {
  for (const [args, words] of [
    [['--once', '--cheat', 'nobody'], /USAGE: --cheat takes owner, helper, accuser, silent/],
    [['--cheat', 'owner'], /USAGE: --cheat ends when the fraud was shown, so it needs --once/],
    [['--once', '--cheat', 'owner', '--home', 'net'], /USAGE: --cheat does not go with --home/],
    [['--once', '--sharing', 'N'], /USAGE: --sharing takes M or L, not N/],
  ] as const) {
    const { code, out, err } = await epioneHere(t, ['dev', ...args])
    t.equal(code, 2, args.join(' '))
    t.equal(out, '')
    t.match(err, words)
  }
})
