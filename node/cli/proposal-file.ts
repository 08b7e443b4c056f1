// The file that goes round among admins: one proposed change of the validators, in words and in bytes, and the votes so far.
import { readFile } from 'node:fs/promises'
import {
  areVotesSigned,
  type Proposal,
  type ProposalVote,
  proposalCodec,
  proposalHash,
  proposalVoteCodec,
} from '../../apps/registry/proposal.ts'
import { assertNever } from '../../vm/assert.ts'
import { toHex } from '../../vm/bytes.ts'
import type { Infer } from '../../vm/codec.ts'
import { array, struct } from '../../vm/codec-compound.ts'
import { constant, hex, text } from '../../vm/codec-scalar.ts'
import { VALIDATORS_MAX } from '../../vm/limits.ts'
import type { Digest } from '../../vm/types.ts'
import { EpioneError } from '../errors.ts'
import { replaceFile } from '../files.ts'
import { readJsonFile } from './files.ts'

const fileCodec = struct({
  version: constant(1),
  chainId: hex<Digest>(32),
  /** What the proposer calls the validator; under no signature. */
  about: text(200),
  proposal: proposalCodec,
  votes: array(proposalVoteCodec, VALIDATORS_MAX),
})
export type ProposalFile = Infer<typeof fileCodec>

function invalid(path: string, message: string, hint: string): EpioneError {
  return new EpioneError({ code: 'INPUT_INVALID', message: `${path}: ${message}`, hint })
}

/** Throws INPUT_INVALID for a file whose votes are not for what it proposes. */
export async function readProposal(path: string): Promise<ProposalFile> {
  const file = await readJsonFile(path, fileCodec)
  for (const vote of file.votes) {
    if (!areVotesSigned(file.chainId, file.proposal, [vote])) {
      throw invalid(
        path,
        `the vote of ${vote.account} is not for this change`,
        'the file was altered after that vote: ask for the original, or propose anew',
      )
    }
  }
  return file
}

export async function writeProposal(path: string, file: ProposalFile): Promise<void> {
  const text = `${JSON.stringify(fileCodec.toJson(file), null, 2)}\n`
  await replaceFile(path, new TextEncoder().encode(text))
}

/** Nobody's proposal is written over. */
export async function writeNewProposal(path: string, file: ProposalFile): Promise<void> {
  if ((await readFile(path).catch(() => undefined)) !== undefined)
    throw invalid(path, 'exists already', 'choose another --out, or remove it')
  await writeProposal(path, file)
}

export function proposalId({ chainId, proposal }: ProposalFile): Digest {
  return toHex(proposalHash(chainId, proposal))
}

/** With the vote; an account's newer vote takes the place of its older one. */
export function withVote(file: ProposalFile, vote: ProposalVote): ProposalFile {
  const others = file.votes.filter(({ account }) => account !== vote.account)
  return { ...file, votes: [...others, vote] }
}

/** One file with the votes of all, which must propose the same. */
export async function readMerged(paths: readonly string[]): Promise<ProposalFile> {
  const files = await Promise.all(paths.map(readProposal))
  const [first, ...others] = files
  if (first === undefined) throw invalid('no file', 'nothing to submit', 'name the files')
  const other = others.findIndex((file) => proposalId(file) !== proposalId(first))
  if (other >= 0) {
    throw invalid(
      paths[other + 1] ?? '',
      `proposes something else than ${paths[0]}`,
      'submit one proposal at a time',
    )
  }
  return others.flatMap(({ votes }) => votes).reduce(withVote, first)
}

function dateOf(timeMs: number): string {
  return new Date(timeMs).toISOString()
}

function changeLines({ change }: Proposal): readonly (readonly [string, string])[] {
  const { kind, account } = change
  switch (change.kind) {
    case 'add':
      return [
        ['change', 'add a validator'],
        ['account', account],
        ['organization', change.organization],
        ['consensus key', change.consensusKey],
        ['network key', change.peerKey],
      ]
    case 'remove':
      return [
        ['change', 'remove a validator'],
        ['account', account],
      ]
    case 'replace-keys':
      return [
        ['change', 'give a validator other keys'],
        ['account', account],
        ['consensus key', change.consensusKey],
        ['network key', change.peerKey],
      ]
    default:
      return assertNever(kind as never)
  }
}

/** What a vote for it says, line by line. */
export function proposalFacts(file: ProposalFile): readonly (readonly [string, string])[] {
  const { proposal, chainId, about, votes } = file
  return [
    ...changeLines(proposal),
    ['called', about],
    ['chain id', chainId],
    ['votes count from', dateOf(proposal.fromMs)],
    ['until', dateOf(proposal.untilMs)],
    ['votes in the file', String(votes.length)],
  ]
}
