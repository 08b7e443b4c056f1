// The validators under measurement: their own processes on this machine, each with a probe, in a folder that goes with them.
import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Testnet } from '../genesis/testnet.ts'
import { bytesIn } from '../node/dev/bytes-in.ts'
import { createChildren } from '../node/dev/child.ts'
import { homePaths, readGenesis } from '../node/home.ts'
import type { Payer } from '../node/load/transfers.ts'
import { validatorHomes, writeNetwork } from '../node/testnet/layout.ts'
import { untilReady } from '../node/testnet/processes.ts'
import { assert } from '../vm/assert.ts'
import { fromHex } from '../vm/bytes.ts'
import type { Digest, OrganizationId } from '../vm/types.ts'
import { isOther } from './against.ts'
import { type Counters, countersOf } from './exposed.ts'
import type { ProbeAnswer, ProbeAsk, ProbeFigures, Profile } from './probe.ts'

export type BenchNetwork = {
  readonly urls: readonly string[]
  readonly chainId: Digest
  /** Accounts with money. */
  readonly payers: readonly Payer[]
  /** An account of the sample by its name, such as `hospital`. */
  readonly account: (name: string) => Payer
  /** Of the member that has the account of that name. */
  readonly organization: (name: string) => OrganizationId
  /** Opens the window of every probe. */
  readonly begin: () => Promise<void>
  readonly end: () => Promise<readonly ProbeFigures[]>
  /** Samples of every main thread, from now on. */
  readonly startProfile: (everyMicros: number) => Promise<void>
  readonly stopProfile: () => Promise<readonly Profile[]>
  readonly counters: () => Promise<readonly Counters[]>
  /** Bytes of all files of one validator. */
  readonly diskBytes: () => Promise<number>
  /** Rejects when a validator ends by itself. */
  readonly lost: Promise<never>
  readonly stop: () => Promise<void>
}

const READY_MS = 90_000
const preload = new URL('./probe-preload.ts', import.meta.url).href

type Child = ReturnType<ReturnType<typeof createChildren>['start']>

/** One question at a time; the answers come in order. */
function createAsker({ onMessage, send }: Child) {
  const waiting: ((answer: ProbeAnswer) => void)[] = []
  const ready = Promise.withResolvers<string>()
  onMessage((message) => {
    const heard = message as ProbeAnswer | { readonly kind: 'ready'; readonly rpcUrl: string }
    if (heard.kind === 'ready') ready.resolve(heard.rpcUrl)
    else waiting.shift()?.(heard)
  })
  return {
    rpcUrl: ready.promise,
    ask: (question: ProbeAsk): Promise<ProbeAnswer> =>
      new Promise((resolve) => {
        waiting.push(resolve)
        send(question)
      }),
  }
}

function peopleOf({ accounts, members }: Testnet) {
  const payers = new Map(
    accounts.map(({ name, account, seed }) => [name, { account, seed: fromHex(seed) }]),
  )
  return {
    payers: [...payers].flatMap(([name, payer]) => (/^account-/.test(name) ? [payer] : [])),
    account: (name: string): Payer => {
      const found = payers.get(name)
      assert(found !== undefined, `the sample has ${name}`)
      return found
    },
    organization: (name: string): OrganizationId => {
      const member = members.find((one) => one.accounts.some((account) => account.name === name))
      assert(member !== undefined, `${name} belongs to a member`)
      return member.card.organization.id
    },
  }
}

export async function startBenchNetwork(plan: {
  readonly validators: number
  readonly accounts: number
  readonly against?: string | undefined
}): Promise<BenchNetwork> {
  const home = await mkdtemp(join(tmpdir(), 'epione-bench-'))
  const children = createChildren()
  // However this process ends: the validators end when their channel closes, and their homes go.
  const forget = (): void => rmSync(home, { recursive: true, force: true })
  process.once('exit', forget)
  const stop = async (): Promise<void> => {
    await children.stop()
    process.off('exit', forget)
    await rm(home, { recursive: true, force: true, maxRetries: 3 })
  }
  try {
    const seed = new Uint8Array(randomBytes(32))
    const sample = await writeNetwork({ home, ...plan, seed, timeMs: Date.now() })
    const homes = await validatorHomes(home)
    const processes = homes.map((one, place) =>
      children.start({
        ...one,
        program: isOther(place) ? plan.against : undefined,
        logName: 'node.log',
        args: ['start', '--home', one.home],
        preloads: [preload],
      }),
    )
    const lost = Promise.race(processes.map((child) => child.lost))
    lost.catch(() => undefined)
    const askers = processes.map(createAsker)
    const urls = await Promise.race([Promise.all(askers.map(({ rpcUrl }) => rpcUrl)), lost])
    const ready = homes.map((one) =>
      untilReady(one.home, { started: undefined, timeoutMs: READY_MS }),
    )
    await Promise.race([Promise.all(ready), lost])
    const first = homePaths(homes[0]?.home ?? '')
    const { genesis } = await readGenesis(first.genesis)
    const ask = (question: ProbeAsk) =>
      Promise.race([Promise.all(askers.map((one) => one.ask(question))), lost])
    return {
      urls,
      chainId: genesis.chainId,
      ...peopleOf(sample),
      begin: async () => {
        await ask({ kind: 'probe-begin' })
      },
      end: async () => {
        const answers = await ask({ kind: 'probe-end' })
        return answers.map((answer) => {
          assert(answer.kind === 'probe-ended', 'a probe answers what it was asked')
          return answer.figures
        })
      },
      startProfile: async (everyMicros) => {
        await ask({ kind: 'profile-begin', everyMicros })
      },
      stopProfile: async () => {
        const answers = await ask({ kind: 'profile-end' })
        return answers.map((answer) => {
          assert(answer.kind === 'profile-ended', 'a probe answers what it was asked')
          return answer.profile
        })
      },
      counters: () => Promise.all(urls.map(countersOf)),
      diskBytes: () => bytesIn(first.data),
      lost,
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}
