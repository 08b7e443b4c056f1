// epione server register, offer, start: a server stakes its bond, offers a key to who deals, and answers questions.
import { Command } from 'commander'
import { codes as bankCodes } from '../../apps/bank/codes.ts'
import { codes } from '../../apps/vault/codes.ts'
import { FIRST_EPOCH } from '../../apps/vault/ids.ts'
import { serverRegister } from '../../apps/vault/server-register.ts'
import { serverTable } from '../../apps/vault/state.ts'
import { type Act, act } from '../../client/transaction.ts'
import { createOverlay, emptyState } from '../../vm/state.ts'
import type { AccountId } from '../../vm/types.ts'
import { dealtKey } from '../agents/helper/dealt-key.ts'
import { replicatedKeys } from '../agents/helper/replicated-keys.ts'
import { createSeat } from '../agents/helper/seat.ts'
import { type AgentContext, runAgent, withAgentHome } from '../agents/process.ts'
import { lookAt } from '../agents/remote.ts'
import { readSigner } from '../agents/settings.ts'
import { EpioneError } from '../errors.ts'
import { wholeNumber } from './files.ts'
import { clientOf, type NodeChoice, urlOf, withNode } from './node-url.ts'
import { print, withJson } from './output.ts'
import { sendAct } from './send.ts'
import { readServer } from './server-home.ts'

export type ServerOptions = NodeChoice & { readonly json?: boolean }

type Said = { readonly account: string; readonly code: string }

/** A refusal of the ledger, with its meaning, ends the command with 5. */
export function tellRefusal(options: ServerOptions, said: Said): void {
  const { code } = said
  const meanings: Readonly<Record<string, string>> = { ...bankCodes, ...codes }
  const meaning = meanings[code]
  print(options, said, () => [`refused: ${code}${meaning === undefined ? '' : `: ${meaning}`}`])
  process.exitCode = 5
}

function tellOutcome(options: ServerOptions, said: Said, done: string): void {
  if (said.code === '') print(options, said, () => [done])
  else tellRefusal(options, said)
}

/** Works in the home of a server that no agent runs in now. */
async function inServer<T>(
  home: string,
  options: ServerOptions,
  work: (context: AgentContext) => Promise<T>,
): Promise<T> {
  await readServer(home)
  return withAgentHome({ home, rpc: [await urlOf(options)] }, work)
}

/** Sends in the name of the server whose home it is; answers the ledger's code. */
export async function sendFrom(
  home: string,
  order: Act,
  { account, options }: { readonly account: AccountId; readonly options: ServerOptions },
): Promise<string> {
  const signer = await readSigner(home, account)
  return (await sendAct(await clientOf(options), order, signer)).code
}

async function register(home: string, options: ServerOptions): Promise<void> {
  const { account, bond } = await readServer(home)
  const order = act(serverRegister, { account, bond: BigInt(bond) })
  const code = await sendFrom(home, order, { account, options })
  tellOutcome(options, { account, code }, `registered: ${bond} minor units are its bond now`)
}

type OfferOptions = ServerOptions & { readonly epoch: string }

function neverAgain(): EpioneError {
  return new EpioneError({
    code: 'USAGE',
    message: 'replicated keys are dealt once',
    hint: 'the owner deals new ones in a new vault: leave --epoch out',
  })
}

function offeredByAgent(): EpioneError {
  return new EpioneError({
    code: 'USAGE',
    message: 'keys for a keyset are offered in each of its epochs, by the agent',
    hint: 'epione server start FOLDER takes part in every epoch whose members its settings name',
  })
}

async function offer(home: string, options: OfferOptions): Promise<void> {
  const { account, serves, bond } = await readServer(home)
  if (serves.kind === 'keyset') throw offeredByAgent()
  const { committee } = serves
  const epoch = wholeNumber('--epoch', options.epoch, [1, 0xffff_ffff])
  if (epoch > FIRST_EPOCH && serves.kind === 'replicated') throw neverAgain()
  const code = await inServer(home, options, async (context) => {
    const registered = await lookAt(context.nodes, (state) => serverTable.get(state, account))
    // What is offered is drawn once, so nothing is sent that would be refused.
    if (registered === undefined) return 'SERVER_UNKNOWN'
    const signer = await readSigner(home, account)
    const state = createOverlay(emptyState)
    const place = { context, signer, committee, epoch, bond: BigInt(bond), state }
    return serves.kind === 'dealer'
      ? createSeat(place, dealtKey(place)).offer()
      : createSeat(place, replicatedKeys(place)).offer()
  })
  tellOutcome(options, { account, code }, `offered a key for ${committee}`)
}

async function start(home: string, options: ServerOptions & { rpc?: string[] }): Promise<void> {
  await readServer(home)
  const { runHelper } = await import('../agents/helper/helper.ts')
  const rpc = options.rpc ?? [await urlOf(options)]
  process.exit(await runAgent({ home, rpc }, runHelper))
}

export function serverRegisterCommand(): Command {
  const command = withNode(new Command('register'))
    .description('lock the bond of a server; the agent does it too when it starts')
    .argument('<folder>', 'home of the server')
  return withJson(command, ['epione server register helper']).action(register)
}

export function serverOfferCommand(): Command {
  const command = withNode(new Command('offer'))
    .description('offer a one-time key to the hospital that deals; the agent does it too')
    .argument('<folder>', 'home of the server')
    .option('--epoch <n>', 'for the n-th dealing of the same key', '1')
  return withJson(command, [
    'epione server offer helper',
    'epione server offer helper --epoch 2',
  ]).action(offer)
}

export function serverStartCommand(): Command {
  const command = withNode(new Command('start'))
    .description('serve: read the chain, hold shares, answer questions until told to stop')
    .argument('<folder>', 'home of the server')
    .option('--rpc <urls...>', 'several nodes to ask, the first one first')
  return withJson(command, [
    'epione server start helper',
    'epione server start helper --rpc http://127.0.0.1:8645 http://127.0.0.1:8646',
  ]).action(start)
}
