// epione validators vote, submit: an admin's signature under a proposal file, and the change with all of them.
import { Command } from 'commander'
import { changeValidators } from '../../apps/registry/change-validators.ts'
import { proposalHash, votersOf, votesNeeded } from '../../apps/registry/proposal.ts'
import type { Client } from '../../client/client.ts'
import type { TransactionSigner } from '../../client/signer.ts'
import { act } from '../../client/transaction.ts'
import type { OrganizationId } from '../../vm/types.ts'
import { EpioneError } from '../errors.ts'
import { type KeyChoice, readSigner } from './account-key.ts'
import { askValidators } from './ask-validators.ts'
import { clientOf, type NodeChoice, requireChain, withNode } from './node-url.ts'
import { facts, print, say, withJson } from './output.ts'
import {
  type ProposalFile,
  proposalFacts,
  readMerged,
  readProposal,
  withVote,
  writeProposal,
} from './proposal-file.ts'
import { sendAct, tellSent } from './send.ts'
import { standingOf, votingSet } from './vote-standing.ts'

type Options = KeyChoice & { readonly json?: boolean }

/** Throws INPUT_INVALID, before anything is signed, for a vote that would not count; needs a node only if one is named. */
async function requireCounting(
  file: ProposalFile,
  signer: Pick<TransactionSigner, 'account' | 'publicKey'>,
  node: NodeChoice,
): Promise<void> {
  const refuse = (message: string, hint: string) => {
    throw new EpioneError({ code: 'INPUT_INVALID', message, hint })
  }
  if (Date.now() > file.proposal.untilMs)
    refuse('votes on this proposal do not count any more', 'propose the change anew')
  if (node.url === undefined && node.home === undefined) {
    say('no node was asked whether this vote counts: --home or --url names one')
    return
  }
  const client = await clientOf(node)
  await requireChain(client, { chainId: file.chainId, what: 'the proposal' })
  const standing = await standingOf(client, signer)
  if (!standing.counts)
    refuse(
      `a vote of ${signer.account} does not count: ${standing.why}`,
      'vote with an admin key of an organization with a validator: HOME/keys/account-NAME-admin.json',
    )
}

async function vote(path: string, options: Options & NodeChoice): Promise<void> {
  const file = await readProposal(path)
  const { account, publicKey, sign } = await readSigner(options)
  await requireCounting(file, { account, publicKey }, options)
  const signature = await sign(proposalHash(file.chainId, file.proposal))
  const voted = withVote(file, { account, publicKey, signature })
  await writeProposal(path, voted)
  print(options, { file: path, account, votes: voted.votes.length }, () => [
    ...facts(proposalFacts(voted)),
    '',
    `voted as ${account}; send ${path} back, or on to the next admin`,
  ])
}

type Count = {
  readonly voted: readonly string[]
  readonly missing: readonly string[]
  readonly needed: number
}

/** Whose votes are there, by the names of organizations, as far as they count; the ledger counts again. */
async function countVotes(client: Client, { votes }: ProposalFile): Promise<Count> {
  const { engine } = await client.chain()
  const view = await askValidators(client)
  const set = votingSet(view)
  const cast = new Set<OrganizationId>()
  for (const vote of votes) {
    const standing = await standingOf(client, vote, view)
    if (standing.counts) cast.add(standing.organization)
    else say(`the vote of ${vote.account} does not count: ${standing.why}`)
  }
  const named = (organizations: readonly OrganizationId[]) =>
    organizations.map((id) => set.find(({ organization }) => organization === id)?.name ?? id)
  const voters = votersOf(set)
  return {
    voted: named(voters.filter((id) => cast.has(id))),
    missing: named(voters.filter((id) => !cast.has(id))),
    needed: votesNeeded(set, engine),
  }
}

async function submit(paths: readonly string[], options: Options & NodeChoice): Promise<void> {
  const file = await readMerged(paths)
  const signer = await readSigner(options)
  const client = await clientOf(options)
  await requireChain(client, { chainId: file.chainId, what: 'the proposal' })
  const { voted, missing, needed } = await countVotes(client, file)
  const votes = { voted, missing, needed }
  if (voted.length < needed) {
    print(options, { status: 'votes missing', ...votes }, () => [
      `${voted.length} of ${needed} votes: ${voted.join(', ') || 'none'}`,
      `missing: ${needed - voted.length} of ${missing.join(', ')}`,
    ])
    process.exitCode = 5
    return
  }
  if (voted.length > 0) say(`votes: ${voted.join(', ')}`)
  const payload = { proposal: file.proposal, votes: file.votes }
  const sent = await sendAct(client, act(changeValidators, payload), signer)
  print(options, { ...sent, ...votes, from: sent.code === '' ? sent.block + 2 : null }, () => [
    tellSent(sent, `changed: the new set decides from height ${sent.block + 2} on`),
  ])
  if (sent.code !== '') process.exitCode = 5
}

const key = ['--key <file>', 'key file that signs'] as const
const account = ['--account <id>', 'its account, if it is not named beside the key'] as const
const passphrase = ['--passphrase-file <file>', 'opens an encrypted key'] as const

export function voteCommand(): Command {
  const command = withNode(new Command('vote'))
    .description('add an admin’s vote to a proposal file; a node that is named says if it counts')
    .argument('<file>', 'proposal file; the vote is written into it')
    .requiredOption(...key)
    .option(...account)
    .option(...passphrase)
  return withJson(command, [
    'epione validators vote change.json --key hospital/keys/account-hospital-admin.json',
  ]).action(vote)
}

export function submitCommand(): Command {
  const command = withNode(new Command('submit'))
    .description('send a proposal with the votes of all its files')
    .argument('<file...>', 'copies of one proposal file, with the votes of different admins')
    .requiredOption(...key)
    .option(...account)
    .option(...passphrase)
  return withJson(command, [
    'epione validators submit change.json --key hospital/keys/account-hospital-admin.json',
  ]).action(submit)
}
