// What the organizations do to change the set of validators: let a node in, wait until it is ready, vote, switch off who has left.
import { admitAccount } from '../../apps/registry/admit-account.ts'
import { admitCandidate } from '../../apps/registry/admit-candidate.ts'
import { changeValidators } from '../../apps/registry/change-validators.ts'
import { proposalHash } from '../../apps/registry/proposal.ts'
import { newestSet } from '../../apps/registry/seats.ts'
import { accountExists, getCandidates } from '../../apps/registry/state.ts'
import type { ValidatorChange } from '../../apps/registry/validator-change.ts'
import { isReady } from '../../apps/registry/validator-ready.ts'
import { type Act, act, signTransaction } from '../../client/transaction.ts'
import { EpioneError } from '../../node/errors.ts'
import { faults } from '../../vm/quorum.ts'
import type { Reader } from '../../vm/state.ts'
import type { AccountId } from '../../vm/types.ts'
import type { Validator } from '../../vm/validator.ts'
import { adminOf, saltOf } from './chain.ts'
import { submitTo } from './clients.ts'
import type { Running } from './running.ts'
import type { Watch } from './watch.ts'
import type { Machine, World } from './world.ts'

export type SetChange = 'add' | 'rotate' | 'remove'

export type SetChangePorts = {
  readonly world: World
  readonly wanted: readonly { readonly atHeight: number; readonly change: SetChange }[]
  /** Sees what new nodes do. */
  readonly watch: Watch
  readonly onRetired: (process: number) => void
}

/** The place of the node that gets a seat, or of the seat that goes. */
type Underway = { readonly kind: SetChange; readonly place: number }

const LOOK_MS = 100
/** What is not in a block by then is handed in again. */
const PATIENCE_MS = 2_000
const DAY_MS = 86_400_000

/** A node whose disk fails does not answer: it is asked again. */
function unanswered(error: unknown): void {
  if (!(error instanceof EpioneError)) throw error
}

export function startSetChanges(ports: SetChangePorts): void {
  const { world, watch } = ports
  const { chain, timeline, random, machines, trace } = world
  const { chainId, engine, parameters, timeMs } = chain.genesis
  const { nodes, seats } = chain
  const honest = seats.flatMap((_, place) => (machines[place]?.isHonest ? [place] : []))
  let left = ports.wanted
  let underway: Underway | undefined
  let handedIn: { readonly name: string; readonly atMs: number } | undefined
  let made = 0
  const leaving: Machine[] = []

  const keyOf = (place: number) => nodes[place]?.keys.consensus.publicKey
  const isIn = (set: readonly Validator[], place: number) =>
    set.some(({ consensusKey }) => consensusKey === keyOf(place))
  const running = (): readonly Running[] =>
    machines.flatMap((one) => (one.isHonest && one.running ? [one.running] : []))
  /** Admins whose organization has a seat and keeps the rules. */
  const admins = (set: readonly Validator[]) =>
    honest
      .filter((place) => set.some(({ account }) => account === nodes[place]?.keys.account))
      .flatMap((place) => adminOf(chain, place) ?? [])

  const handIn = async (name: string, one: Act, set: readonly Validator[]): Promise<void> => {
    const nowMs = timeline.nowMs()
    if (handedIn?.name === name && nowMs - handedIn.atMs < PATIENCE_MS) return
    handedIn = { name, atMs: nowMs }
    const [admin] = admins(set)
    const node = random.pick(running())
    if (admin === undefined) return
    made += 1
    const { account, publicKey } = admin
    const { bytes } = await signTransaction({
      chainId,
      act: one,
      validUntil: Math.floor(timeMs + nowMs + parameters.windowMs / 2),
      signers: [{ account, publicKey, sign: world.signatures.signerOf(admin) }],
      // Clients count from 0.
      salt: saltOf(2 ** 31 + made),
    })
    trace.note(name, made)
    node.scope.enter(() => void submitTo(world, node, bytes))
  }
  const vote = (change: ValidatorChange, set: readonly Validator[]): Promise<void> => {
    const proposal = { change, fromMs: timeMs, untilMs: timeMs + DAY_MS }
    const message = proposalHash(chainId, proposal)
    const votes = admins(set).map((admin) => {
      const { account, publicKey } = admin
      return { account, publicKey, signature: world.signatures.signerOf(admin)(message) }
    })
    return handIn(`vote: ${change.kind}`, act(changeValidators, { proposal, votes }), set)
  }

  /** The next thing to do for a node that wants a seat. */
  const welcome = async (state: Reader, { kind, place }: Underway): Promise<void> => {
    const set = newestSet(state)
    const node = nodes[place]
    if (node === undefined) return
    const { account, consensus, peer } = node.keys
    const keys = { account, consensusKey: consensus.publicKey, peerKey: peer.publicKey }
    if (!accountExists(state, account)) {
      const { publicKey } = node.account
      const admission = { id: account, publicKey, encryptionKey: null, roles: ['validator'] }
      await handIn('account', act(admitAccount, admission), set)
      return
    }
    const known = getCandidates(state).find(({ consensusKey }) => consensusKey === keyOf(place))
    if (known === undefined) {
      await handIn('candidate', act(admitCandidate, keys), set)
      return
    }
    if (machines.every(({ index }) => index !== place)) {
      trace.fault('empty joiner')
      world.start(world.add({ process: place, index: place, isHonest: true, watch }))
    }
    if (!isReady(known, timeMs + timeline.nowMs())) return
    const { organization } = known
    await vote(
      kind === 'add' ? { kind, organization, ...keys } : { kind: 'replace-keys', ...keys },
      set,
    )
  }

  const retire = (): void => {
    const up = running()
    for (const machine of leaving) {
      // Whoever has not stored the last block that this key decides may need it.
      const all = machines.filter((one) => one.isHonest && !one.isRetired)
      const isNeeded = up.some(({ ledger }) =>
        isIn(ledger.rules.list.identity.validators(ledger.state()), machine.index),
      )
      if (machine.isRetired || isNeeded || up.length < all.length) continue
      world.crash(machine)
      machine.isRetired = true
      trace.fault('retired')
      ports.onRetired(machine.process)
    }
  }

  /** A seat that may go, or be given to other keys. */
  const chooseSeat = (set: readonly Validator[]): number | undefined => {
    const free = honest.filter((place) => isIn(set, place) && !world.dismissed.has(place))
    return free.length === 0 ? undefined : random.pick(free)
  }
  const dismiss = (place: number): void => {
    world.dismissed.add(place)
    leaving.push(...machines.filter(({ index }) => index === place))
  }
  /** Undefined if it cannot be, for what has happened. */
  const plan = (kind: SetChange, set: readonly Validator[]): Underway | undefined => {
    if (kind === 'add') return { kind, place: seats.length }
    const isSmall = faults(set.length - 1, engine) < faults(seats.length, engine)
    if (kind === 'remove' && (isSmall || set.length === 1)) return undefined
    const place = chooseSeat(set)
    if (place === undefined) return undefined
    dismiss(place)
    return { kind, place: kind === 'remove' ? place : seats.length + 1 + place }
  }
  const isDone = (state: Reader, { kind, place }: Underway): boolean =>
    isIn(newestSet(state), place) === (kind !== 'remove')

  const proceed = (newest: Running): void => {
    const { ledger } = newest
    const state = ledger.state()
    const set = newestSet(state)
    const [next] = left
    if (underway === undefined && next !== undefined) {
      if (ledger.head().header.height < next.atHeight) return
      left = left.slice(1)
      underway = plan(next.change, set)
    }
    if (underway === undefined) return
    if (isDone(state, underway)) {
      trace.fault(`validators: ${underway.kind}`)
      underway = undefined
    } else if (underway.kind !== 'remove') welcome(state, underway).catch(unanswered)
    else
      void vote({ kind: 'remove', account: nodes[underway.place]?.keys.account as AccountId }, set)
  }

  const look = (): void => {
    timeline.after(LOOK_MS, look)
    const heightOf = ({ ledger }: Running) => ledger.head().header.height
    const [newest] = running().toSorted((one, two) => heightOf(two) - heightOf(one))
    try {
      if (newest !== undefined) proceed(newest)
      retire()
    } catch (error) {
      unanswered(error)
    }
  }
  if (ports.wanted.length > 0) look()
}
