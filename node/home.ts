// The folder of one validator: where everything of it is, and how it is made.
import { access, mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { appList } from '../apps/index.ts'
import type { TransactionSigner } from '../client/signer.ts'
import { type OpenedGenesis, openGenesis } from '../genesis/build.ts'
import { type Card, cardCodec, formatGenesis } from '../genesis/cards.ts'
import { buildFork } from '../genesis/fork.ts'
import type { Member } from '../genesis/member.ts'
import type { GenesisFile } from '../genesis/schema.ts'
import { fromHex } from '../vm/bytes.ts'
import { CodecError } from '../vm/codec.ts'
import type { Digest, PublicKey } from '../vm/types.ts'
import { createSigner } from './crypto/ed25519.ts'
import { type Disk, nodeDisk } from './disk.ts'
import { EpioneError, systemCodeOf } from './errors.ts'
import { createFile, replaceFile } from './files.ts'
import { readForkState, statePathOf } from './fork-state.ts'
import { createKeyFile, readKey } from './keys/key-file.ts'
import type { Passphrase } from './keys/sealed-secret.ts'
import { createVoteLock, openVoteLock, type VoteLockOpening } from './vote-lock.ts'

/** The places in a home. */
export function homePaths(home: string) {
  return {
    config: join(home, 'config.toml'),
    genesis: join(home, 'genesis.json'),
    card: join(home, 'card.json'),
    keys: join(home, 'keys'),
    consensusKey: join(home, 'keys', 'consensus.json'),
    peerKey: join(home, 'keys', 'p2p.json'),
    accountKey: (name: string) => join(home, 'keys', `account-${name}.json`),
    /** Made with the keys, before the chain is known: a vote lock may be made once. */
    unusedKey: join(home, 'keys', 'consensus.unused'),
    voteLock: join(home, 'vote-lock'),
    /** Each decision to sign again after a loss, one line of JSON. */
    resets: join(home, 'signer-resets.log'),
    journal: join(home, 'journal'),
    /** Held by the process that runs here. */
    journalLock: join(home, 'journal', 'journal'),
    data: join(home, 'data'),
    log: join(home, 'node.log'),
    /** What runs here now, for other commands. */
    running: join(home, 'running.json'),
  }
}

export type HomePlan = {
  readonly home: string
  readonly member: Member
  /** Text of config.toml. */
  readonly config: string
  readonly passphrase?: Passphrase | undefined
}

/** Writes keys, card and settings of one organization's validator; throws EpioneError KEY_EXISTS rather than overwrite a key. */
export async function writeHome({ home, member, config, passphrase }: HomePlan): Promise<void> {
  const paths = homePaths(home)
  const { validator } = member
  await mkdir(paths.keys, { recursive: true, mode: 0o700 })
  if (validator !== undefined) {
    const { consensus, peer } = validator
    const secretOf = (seed: typeof consensus.seed) => ({ secret: fromHex(seed), passphrase })
    await createKeyFile({
      path: paths.consensusKey,
      kind: 'consensus',
      ...secretOf(consensus.seed),
    })
    await createFile(paths.unusedKey, new TextEncoder().encode(consensus.publicKey))
    await createKeyFile({ path: paths.peerKey, kind: 'p2p', ...secretOf(peer.seed) })
  }
  for (const { name, seed } of member.accounts) {
    const path = paths.accountKey(name)
    await createKeyFile({ path, kind: 'account', secret: fromHex(seed), passphrase })
  }
  await replaceFile(paths.card, text(`${JSON.stringify(member.card, null, 2)}\n`))
  await replaceFile(paths.config, text(config))
}

export async function writeGenesis(home: string, file: GenesisFile): Promise<void> {
  await replaceFile(homePaths(home).genesis, text(formatGenesis(file, appList)))
}

function text(content: string): Uint8Array {
  return new TextEncoder().encode(content)
}

const wrongHint =
  'epione genesis validate FILE names what is wrong; every party must have the same file'
const missingHint =
  'check the path; a home has the file of its chain, which is the same at every party'

function genesisInvalid(
  path: string,
  message: string,
  { cause, hint = wrongHint }: { readonly cause: unknown; readonly hint?: string },
): EpioneError {
  return new EpioneError({ code: 'GENESIS_INVALID', message: `${path}: ${message}`, hint, cause })
}

/** Throws EpioneError GENESIS_INVALID, with the place in the file that is wrong. Of a fork without its first state. */
export async function readGenesis(path: string): Promise<OpenedGenesis> {
  const invalid = (message: string, cause: unknown) => genesisInvalid(path, message, { cause })
  let content: string
  try {
    content = await readFile(path, 'utf8')
  } catch (error) {
    const message = `cannot be read (${systemCodeOf(error) ?? 'unknown'})`
    throw genesisInvalid(path, message, { cause: error, hint: missingHint })
  }
  try {
    return openGenesis(JSON.parse(content), appList)
  } catch (error) {
    if (error instanceof CodecError || error instanceof SyntaxError)
      throw invalid(error.message, error)
    throw error
  }
}

/** As `readGenesis`, with the first state: of a fork it comes from the file beside, and everybody must have signed. */
export async function readChainStart(path: string): Promise<OpenedGenesis> {
  const { file, genesis } = await readGenesis(path)
  if (file.fork === null) return { file, genesis }
  const old = await readForkState(statePathOf(path), file.fork)
  try {
    return { file, genesis: buildFork(file, appList, old) }
  } catch (error) {
    if (error instanceof CodecError) throw genesisInvalid(path, error.message, { cause: error })
    throw error
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

/** The vote lock of a home; made at the first start of a key that never voted, and never again. */
export async function openHomeLock(
  home: string,
  binding: {
    readonly chainId: Digest
    readonly publicKey: PublicKey
    readonly disk?: Disk | undefined
  },
): Promise<VoteLockOpening> {
  const paths = homePaths(home)
  const config = { path: paths.voteLock, ...binding }
  const { disk = nodeDisk } = binding
  if ((await disk.read(paths.unusedKey)) !== undefined) {
    if ((await disk.read(paths.voteLock)) === undefined) await createVoteLock(config)
    await disk.unlink(paths.unusedKey)
    // A mark that came back after a crash would let a lock that is lost later pass for one that never was.
    await disk.syncFolder(paths.keys)
  }
  return openVoteLock(config)
}

/** The card that was made with the keys; undefined if it was taken away or is no card. */
async function readCard(home: string): Promise<Card | undefined> {
  try {
    return cardCodec.fromJson(JSON.parse(await readFile(homePaths(home).card, 'utf8')))
  } catch (error) {
    const isAbsent = systemCodeOf(error) === 'ENOENT'
    if (isAbsent || error instanceof CodecError || error instanceof SyntaxError) return undefined
    throw error
  }
}

/** Signs as the validator's account, for what a validator says of itself; undefined if card or key are kept elsewhere. */
export async function validatorSigner(
  home: string,
  passphrase: Passphrase | undefined,
): Promise<TransactionSigner | undefined> {
  const validator = (await readCard(home))?.validator ?? null
  if (validator === null) return undefined
  const path = homePaths(home).accountKey(`${validator.name}-validator`)
  if (!(await exists(path))) return undefined
  const { publicKey, secret } = await readKey({ path, kind: 'account', passphrase })
  return { account: validator.account, publicKey, sign: createSigner(secret).sign }
}
