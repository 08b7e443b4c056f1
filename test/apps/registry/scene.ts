// A world whose validators change: blocks that end, candidates that say they are ready, votes, and consensus keys that sign.
import { appList } from '../../../apps/index.ts'
import { type Proposal, type ProposalVote, proposalHash } from '../../../apps/registry/proposal.ts'
import type { ValidatorChange } from '../../../apps/registry/validator-change.ts'
import { accountKeys } from '../../../genesis/member.ts'
import type { SampleOptions } from '../../../genesis/sample.ts'
import { fromHex, toHex } from '../../../vm/bytes.ts'
import type { JsonValue } from '../../../vm/codec.ts'
import { publicKeyOf, sign } from '../../../vm/sign.ts'
import type { AccountId, Digest, Hex } from '../../../vm/types.ts'
import type { Validator } from '../../../vm/validator.ts'
import { type Vote, voteDigest } from '../../../vm/vote.ts'
import { sampleNetwork } from '../../support/sample-network.ts'
import { createWorld, type Done, START_MS, type World } from '../world.ts'

const SEED = new Uint8Array(32).fill(7)

export type Scene = {
  readonly world: World
  /** Names of the organizations with a seat at the start, in the order of the set. */
  readonly names: readonly string[]
  readonly height: () => number
  readonly timeMs: () => number
  /** Ends the block: its proposer is the one that is due unless `proposer` says otherwise. */
  readonly endBlock: (proposer?: AccountId) => void
  readonly wait: (ms: number) => void
  readonly set: () => readonly Validator[]
  readonly due: () => AccountId
  readonly account: (name: string) => AccountId
  /** Signs as a validator of the start, or one that joined, would; `name` is its organization's. */
  readonly consensusSign: (name: string, vote: Vote, chainId?: Digest) => Hex
  readonly consensusKey: (name: string) => Hex
  /** A fresh joiner `<name>-joiner` of the organization: account, keys, admitted as candidate by `sponsor`. */
  readonly join: (
    name: string,
    options?: { readonly ready?: boolean; readonly sponsor?: string },
  ) => ValidatorChange
  /** Other keys for the seat of `name`, admitted as candidate and ready. */
  readonly renew: (name: string, options?: { readonly ready?: boolean }) => ValidatorChange
  readonly proposal: (change: ValidatorChange, window?: Partial<Proposal>) => Proposal
  readonly vote: (name: string, proposal: Proposal, chainId?: Digest) => ProposalVote
  readonly submit: (proposal: Proposal, votes: readonly ProposalVote[]) => Done
  /** A proposal with the votes of these organizations, of all at the start if none are given. */
  readonly change: (change: ValidatorChange, voters?: readonly string[]) => Done
  readonly remove: (name: string) => ValidatorChange
  readonly accuse: (name: string, first: Vote, second: Vote) => Done
}

export type SceneCase = {
  readonly why: string
  readonly code: string
  readonly validators?: number
  readonly before?: (scene: Scene) => void
  /** What is refused; as a function if something must be prepared for it first. */
  readonly act: (scene: Scene) => Done | (() => Done)
}

function voteJson({ account, publicKey, signature }: ProposalVote): JsonValue {
  return { account, publicKey, signature: toHex(signature) }
}

export async function createScene(options: Partial<SampleOptions> = {}): Promise<Scene> {
  const world = await createWorld({ helpers: 9, ...options })
  const { identity } = appList
  const { sample } = sampleNetwork({ seed: SEED, timeMs: START_MS, helpers: 9, ...options })
  const keys = new Map<string, { readonly account: AccountId; readonly seed: Hex }>()
  for (const { validator } of sample.members) {
    if (validator !== undefined)
      keys.set(validator.name, { account: validator.account, seed: validator.consensus.seed })
  }
  let height = 1
  let timeMs = START_MS + 1
  const place = () => world.at({ height, timeMs })
  place()
  const names = sample.file.validators.map(({ name }) => name)
  const set = () => identity.validators(world.state)
  const due = () => set()[identity.firstPrimary(world.state, height)]?.account as AccountId
  const keysOf = (name: string) => {
    const found = keys.get(name)
    if (found === undefined) throw new Error(`no validator ${name}`)
    return found
  }
  const consensusKey = (name: string): Hex => toHex(publicKeyOf(fromHex(keysOf(name).seed)))
  const consensusSign = (name: string, vote: Vote, chainId = world.rules.chainId) =>
    toHex(sign(fromHex(keysOf(name).seed), voteDigest(chainId, vote)))
  const must = ({ code }: Done) => {
    if (code !== '') throw new Error(code)
  }
  let fresh = 0
  const admit = (
    name: string,
    { account, signer }: { readonly account: AccountId; readonly signer: string },
    ready: boolean,
    sponsor: string,
  ) => {
    const seed = new Uint8Array(32).fill(100 + fresh++)
    const consensus = accountKeys(seed, { name: 'consensus', roles: [] })
    const peer = accountKeys(seed, { name: 'peer', roles: [] })
    const both = { consensusKey: consensus.publicKey, peerKey: peer.publicKey }
    must(world.act('registry.admit-candidate', { account, ...both }, `${sponsor}-admin`))
    const { consensusKey } = both
    if (ready) must(world.act('registry.validator-ready', { consensusKey }, signer))
    keys.set(name, { account, seed: consensus.seed })
    return both
  }
  const proposal = (change: ValidatorChange, window: Partial<Proposal> = {}): Proposal => ({
    change,
    fromMs: timeMs - 1_000,
    untilMs: timeMs + 3_600_000,
    ...window,
  })
  const vote = (name: string, wanted: Proposal, chainId = world.rules.chainId): ProposalVote => {
    const { account, publicKey, seed } = world.keys(adminOf(name))
    return { account, publicKey, signature: sign(fromHex(seed), proposalHash(chainId, wanted)) }
  }
  const adminOf = (name: string) => (name.startsWith('helper') ? name : `${name}-admin`)
  const submit = (wanted: Proposal, votes: readonly ProposalVote[]): Done =>
    world.act(
      'registry.change-validators',
      { proposal: wanted as unknown as JsonValue, votes: votes.map(voteJson) },
      adminOf(names[0] ?? ''),
    )
  return {
    world,
    names,
    height: () => height,
    timeMs: () => timeMs,
    endBlock: (proposer = due()) => {
      identity.endBlock(world.state, { engine: 'pbft', height, timeMs, proposer })
      height += 1
      timeMs += 1_000
      place()
    },
    wait: (ms) => {
      timeMs += ms
      place()
    },
    set,
    due,
    account: (name) => keysOf(name).account,
    consensusSign,
    consensusKey,
    join: (name, { ready = true, sponsor = names[0] ?? '' } = {}) => {
      const signer = `${name}-joiner`
      const account = accountKeys(new Uint8Array(32).fill(60 + fresh), {
        name: signer,
        roles: ['validator'],
      })
      const { account: id, publicKey } = account
      const roles = ['validator']
      must(world.act('registry.admit-account', { id, publicKey, roles }, adminOf(name)))
      world.learn(signer, account)
      const both = admit(signer, { account: id, signer }, ready, sponsor)
      return { kind: 'add', account: id, organization: world.organization(name), ...both }
    },
    renew: (name, { ready = true } = {}) => {
      const signer = `${name}-validator`
      const { account } = keysOf(name)
      const both = admit(name, { account, signer }, ready, name)
      return { kind: 'replace-keys', account, ...both }
    },
    proposal,
    vote,
    submit,
    change: (change, voters = names) => {
      const wanted = proposal(change)
      return submit(
        wanted,
        voters.map((name) => vote(name, wanted)),
      )
    },
    remove: (name) => ({ kind: 'remove', account: keysOf(name).account }),
    accuse: (name, first, second) =>
      world.act(
        'registry.evidence',
        {
          consensusKey: consensusKey(name),
          first: { vote: first as unknown as JsonValue, signature: consensusSign(name, first) },
          second: { vote: second as unknown as JsonValue, signature: consensusSign(name, second) },
        },
        adminOf(names[0] ?? ''),
      ),
  }
}

/** The seat of the organization's first validator. */
export function seatOf({ set, account }: Scene, name: string): Validator {
  const seat = set().find((validator) => validator.account === account(name))
  if (seat === undefined) throw new Error(`${name} has no seat`)
  return seat
}
