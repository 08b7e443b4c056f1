// epione genesis fork, sign, adopt: when more than f validators are gone for good, a new chain goes on from the state of the old.
import { Command } from 'commander'
import { appList } from '../../apps/index.ts'
import { setAt } from '../../apps/registry/seats.ts'
import { getOrganization } from '../../apps/registry/state.ts'
import { decodeCommitCertificate, verifyCommitCertificate } from '../../consensus/certificate.ts'
import { formatGenesis } from '../../genesis/cards.ts'
import { forkFile, forkHash, overlayOf, unsignedBy } from '../../genesis/fork.ts'
import type { Fork, GenesisFile, GenesisValidator } from '../../genesis/schema.ts'
import { genesisHash, validatorName } from '../../genesis/schema.ts'
import { CodecError } from '../../vm/codec.ts'
import type { Reader } from '../../vm/state.ts'
import type { Height } from '../../vm/types.ts'
import type { Validator } from '../../vm/validator.ts'
import { verifySignature } from '../crypto/ed25519.ts'
import { EpioneError } from '../errors.ts'
import { replaceFile } from '../files.ts'
import { readForkState, statePathOf, writeForkState } from '../fork-state.ts'
import { homePaths, readChainStart, readGenesis } from '../home.ts'
import { adoptHome } from '../home-adopt.ts'
import { inspectKeyFile } from '../keys/key-file.ts'
import { openLedger } from '../ledger/open.ts'
import type { Ledger } from '../ledger/types.ts'
import { openLevelStore } from '../store/level.ts'
import { type KeyChoice, readSigner } from './account-key.ts'
import { dataOf, wholeNumber } from './files.ts'
import { facts, print, withJson } from './output.ts'
import { writeOnce } from './write-once.ts'

function refuse(message: string, hint: string): never {
  throw new EpioneError({ code: 'INPUT_INVALID', message, hint })
}

/** A name that a genesis file may have: the one of the old file, else the organization's in lower-case words. */
function nameFor(old: GenesisFile, state: Reader, seat: Validator, index: number): string {
  const known = old.validators.find(({ peerKey }) => peerKey === seat.peerKey)
  if (known !== undefined) return known.name
  const words = getOrganization(state, seat.organization)?.name.toLowerCase() ?? ''
  const name = `${words.replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '')}-${index + 1}`
  try {
    return validatorName.fromJson(name)
  } catch (error) {
    if (error instanceof CodecError) return `validator-${index + 1}`
    throw error
  }
}

/** By name or account; else by the name of the organization, as `epione validators` shows it, if it has one seat. */
function calledSo(
  state: Reader,
  seats: readonly GenesisValidator[],
  who: string,
): readonly GenesisValidator[] {
  const own = seats.filter(({ name, account }) => name === who || account === who)
  if (own.length > 0) return own
  const found = seats.filter((seat) => getOrganization(state, seat.organization)?.name === who)
  if (found.length === 1) return found
  const known = seats.map(({ name }) => name).join(', ')
  return refuse(
    `--without ${who}: ${found.length === 0 ? 'no validator is' : 'several validators are'} called so`,
    `the set in force is ${known}`,
  )
}

/** The set in force without those that are gone, whom each word must name. */
function remaining(
  old: GenesisFile,
  ledger: Ledger,
  gone: readonly string[],
): readonly GenesisValidator[] {
  const state = ledger.state()
  const seats = ledger.rules.list.identity.validators(state).map((seat, index) => ({
    ...seat,
    name: nameFor(old, state, seat, index),
    addresses: old.validators.find(({ peerKey }) => peerKey === seat.peerKey)?.addresses ?? [],
  }))
  const lost = gone.flatMap((who) => calledSo(state, seats, who))
  const left = seats.filter((seat) => !lost.includes(seat))
  return left.length > 0 ? left : refuse('nobody would be left', 'name those that are gone only')
}

/** The newest block, certified by the set of its height: what is taken over is what was decided. */
function certifiedHead(ledger: Ledger, at: Height) {
  const { header, id, headerBytes, certificateBytes } = ledger.head()
  const { height, chainId } = header
  if (height !== at) {
    refuse(
      `the newest block here is ${height}, not ${at}`,
      at > height
        ? 'start this node with one that has the block: it fetches what was decided; then stop both'
        : `blocks above ${at} were decided and would be lost: use --at ${height} at everybody`,
    )
  }
  if (height === 0) refuse('nothing was decided yet', 'make a new file: epione genesis new')
  const set = setAt(ledger.state(), height)
  const validators = set?.map(({ consensusKey }) => ({ publicKey: consensusKey })) ?? []
  const fault = verifyCommitCertificate({
    set: { chainId, engine: ledger.rules.engine, validators },
    value: decodeCommitCertificate(certificateBytes),
    about: { height, blockId: id },
    verifySignature,
  })
  if (fault !== undefined) refuse(`block ${height} is not certified: ${fault}`, 'run epione verify')
  return { header, blockId: id, headerBytes }
}

type ForkOptions = {
  readonly home: string
  readonly at: string
  readonly without?: readonly string[]
  readonly out: string
  readonly json?: boolean
}

async function fork(options: ForkOptions): Promise<void> {
  const at = wholeNumber('--at', options.at, [1])
  const data = await dataOf(options.home)
  const { file: old, genesis } = await readChainStart(homePaths(options.home).genesis)
  const store = await openLevelStore(data)
  try {
    const ledger = await openLedger({ store, genesis, list: appList })
    const from = certifiedHead(ledger, at)
    const file = forkFile(old, from, remaining(old, ledger, options.without ?? []))
    const chainId = genesisHash(file, appList)
    await writeOnce(options.out, formatGenesis(file, appList))
    const state = statePathOf(options.out)
    const values = await writeForkState(state, from.headerBytes, ledger.queryState())
    const validators = file.validators.map(({ name }) => name)
    const facets = { chainId, height: from.header.height, blockId: from.blockId }
    print(options, { file: options.out, state, values, ...facets, validators }, () => [
      ...facts([
        ['new chain id', chainId],
        ['from', `block ${from.header.height} of ${from.header.chainId}`],
        ['state', `${values} values, root ${from.header.stateRoot}`],
        ['validators', validators.join(', ')],
      ]),
      '',
      'every remaining organization must see the same chain id, and sign: epione genesis sign',
    ])
  } finally {
    await store.close()
  }
}

type Forked = GenesisFile & { readonly fork: Fork }

async function readForked(path: string): Promise<Forked> {
  const { file } = await readGenesis(path)
  const { fork: from } = file
  return from === null
    ? refuse(`${path} is no fork`, 'only a file of epione genesis fork is signed')
    : { ...file, fork: from }
}

async function sign(path: string, options: KeyChoice & { readonly json?: boolean }): Promise<void> {
  const file = await readForked(path)
  const chainId = genesisHash(file, appList)
  const { account, publicKey, sign: signBytes } = await readSigner(options)
  const state = overlayOf(await readForkState(statePathOf(path), file.fork))
  const own = { account, publicKey, signature: await signBytes(forkHash(chainId)) }
  const lacking = (signatures: GenesisFile['signatures']) =>
    unsignedBy(state, { ...file, signatures }, chainId)
  if (lacking([own]).length === lacking([]).length) {
    refuse(
      `${account} is no admin of an organization with a validator in the new set`,
      'sign with the admin key of such an organization, such as HOME/keys/account-NAME-admin.json',
    )
  }
  const signatures = [...(file.signatures ?? []).filter((one) => one.account !== account), own]
  await replaceFile(path, new TextEncoder().encode(formatGenesis({ ...file, signatures }, appList)))
  const missing = lacking(signatures).map((id) => getOrganization(state, id)?.name ?? id)
  print(options, { chainId, signatures: signatures.length, missing: [...missing] }, () => [
    `signed chain ${chainId} as ${account}`,
    missing.length === 0 ? 'everybody has signed' : `missing: ${missing.join(', ')}`,
  ])
}

async function adopt(
  path: string,
  options: { readonly home: string; readonly to: string; readonly json?: boolean },
): Promise<void> {
  const { file, genesis } = await readChainStart(path)
  await adoptHome({ from: options.home, to: options.to, genesisPath: path })
  const { publicKey } = await inspectKeyFile(homePaths(options.to).consensusKey)
  const seat = file.validators.find(({ consensusKey }) => consensusKey === publicKey)?.name ?? null
  print(options, { home: options.to, chainId: genesis.chainId, seat }, () => [
    `${options.to} is a home of chain ${genesis.chainId}: epione start --home ${options.to}`,
    seat === null
      ? 'IT HAS NO SEAT in the new chain: it will only follow, until a vote gives it one'
      : `it has the seat of ${seat}`,
    `${options.home} keeps the old chain; do not start it again`,
  ])
}

export function forkCommands(): readonly Command[] {
  const make = new Command('fork')
    .description('go on from the newest block of a home with other validators, as a new chain')
    .requiredOption('--home <folder>', 'home of a stopped node with the newest block of all')
    .requiredOption('--at <height>', 'that block: everybody must name the same')
    .option('--without <name...>', 'validators that are gone: name or account')
    .requiredOption('--out <file>', 'new genesis file; its state is written beside it')
    .action(fork)
  const put = new Command('sign')
    .description('sign a fork as an admin of an organization that remains')
    .argument('<file>', 'genesis file of the fork, with its state file beside it')
    .requiredOption('--key <file>', 'key file of the admin')
    .option('--account <id>', 'its account, if it is not named beside the key')
    .option('--passphrase-file <file>', 'opens an encrypted key')
    .action(sign)
  const take = new Command('adopt')
    .description('make a home of the new chain with the keys of an old home')
    .argument('<file>', 'genesis file of the fork, signed by all')
    .requiredOption('--home <folder>', 'home of the old chain')
    .requiredOption('--to <folder>', 'new folder')
    .action(adopt)
  return [
    withJson(make, [
      'epione genesis fork --home hospital --at 4711 --without lab insurer --out fork.json',
    ]),
    withJson(put, [
      'epione genesis sign fork.json --key hospital/keys/account-hospital-admin.json',
    ]),
    withJson(take, ['epione genesis adopt fork.json --home hospital --to hospital-2']),
  ]
}
