// epione validators propose: writes the file that the admins of the organizations vote on.
import { Command } from 'commander'
import { VOTE_WINDOW_MAX_MS } from '../../apps/registry/proposal.ts'
import type { ValidatorChange } from '../../apps/registry/validator-change.ts'
import type { ValidatorsView } from '../../apps/registry/validator-queries.ts'
import { EpioneError } from '../errors.ts'
import { askValidators } from './ask-validators.ts'
import { wholeNumber } from './files.ts'
import { clientOf, type NodeChoice, withNode } from './node-url.ts'
import { facts, print, withJson } from './output.ts'
import { proposalFacts, proposalId, writeNewProposal } from './proposal-file.ts'

type Options = NodeChoice & {
  readonly out: string
  readonly days: string
  readonly json?: boolean
}

const DAY_MS = 24 * 3_600_000
const DAYS_MAX = VOTE_WINDOW_MAX_MS / DAY_MS

type Named = { readonly account: string; readonly name: string }

/** By account, or by the name of the organization where that says enough. */
function find<V extends Named>(all: readonly V[], who: string, what: string): V {
  const found = all.filter(({ account, name }) => account === who || name === who)
  const [one] = found
  if (one !== undefined && found.length === 1) return one
  const known = all.map(({ account, name }) => `${name} ${account}`).join(', ')
  throw new EpioneError({
    code: 'INPUT_INVALID',
    message: `${found.length === 0 ? 'no' : 'more than one'} ${what} is called ${who}`,
    hint:
      known === ''
        ? `there is no ${what}: epione validators admit CARD lets a node in as a candidate`
        : `name its account: ${known}`,
  })
}

type Wish = { readonly change: ValidatorChange; readonly about: string }

const wishes: Readonly<Record<string, (view: ValidatorsView, who: string) => Wish>> = {
  add: ({ candidates }, who) => {
    const { account, organization, consensusKey, peerKey, name } = find(
      candidates,
      who,
      'candidate',
    )
    const change = { kind: 'add', account, organization, consensusKey, peerKey } as const
    return { change, about: name }
  },
  remove: ({ validators }, who) => {
    const { account, name } = find(validators, who, 'validator')
    return { change: { kind: 'remove', account }, about: name }
  },
  'replace-keys': ({ candidates }, who) => {
    const { account, consensusKey, peerKey, name } = find(candidates, who, 'candidate')
    return { change: { kind: 'replace-keys', account, consensusKey, peerKey }, about: name }
  },
}

async function propose(kind: string, who: string, options: Options): Promise<void> {
  const wish = wishes[kind]
  if (wish === undefined) {
    throw new EpioneError({
      code: 'USAGE',
      message: `no change is called ${kind}`,
      hint: `one of ${Object.keys(wishes).join(', ')}`,
    })
  }
  const days = wholeNumber('--days', options.days, [1, DAYS_MAX])
  const client = await clientOf(options)
  const { chainId } = await client.chain()
  const { timeMs, ...view } = await askValidators(client)
  const { change, about } = wish(view, who)
  const proposal = { change, fromMs: timeMs, untilMs: timeMs + days * DAY_MS }
  const file = { version: 1, chainId, about, proposal, votes: [] } as const
  await writeNewProposal(options.out, file)
  print(options, { file: options.out, id: proposalId(file) }, () => [
    ...facts(proposalFacts(file)),
    '',
    `written to ${options.out}: send it to the admins, each votes with epione validators vote`,
  ])
}

export function proposeCommand(): Command {
  const command = withNode(new Command('propose'))
    .description('write a proposal file that goes round among the admins')
    .argument('<change>', 'add, remove or replace-keys')
    .argument('<who>', 'a candidate or, to remove it, a validator: its account or organization')
    .requiredOption('--out <file>', 'new file')
    .option('--days <days>', 'how long votes count', '14')
  return withJson(command, ['epione validators propose remove hospital --out change.json']).action(
    propose,
  )
}
