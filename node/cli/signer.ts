// epione signer: moves the right to vote to another machine, and renews it after a loss that does not heal by itself.
import { appendFile } from 'node:fs/promises'
import { Command } from 'commander'
import { appList } from '../../apps/index.ts'
import { toHex } from '../../vm/bytes.ts'
import { encode } from '../../vm/codec.ts'
import { struct } from '../../vm/codec-compound.ts'
import { hex, text, uint } from '../../vm/codec-scalar.ts'
import { hash } from '../../vm/hash.ts'
import type { Digest, Height, PublicKey } from '../../vm/types.ts'
import type { Vote } from '../../vm/vote.ts'
import { createSigner } from '../crypto/ed25519.ts'
import { nodeDisk } from '../disk.ts'
import { EpioneError, systemCodeOf } from '../errors.ts'
import { homePaths, readChainStart } from '../home.ts'
import { recoverJournal } from '../journal-recovery.ts'
import { inspectKeyFile, readKey } from '../keys/key-file.ts'
import { readPassphrase } from '../keys/passphrase.ts'
import { openLedger } from '../ledger/open.ts'
import { openLevelStore } from '../store/level.ts'
import type { VoteLockConfig } from '../vote-lock.ts'
import { exportVoteLock, importVoteLock, resetVoteLock } from '../vote-lock-transfer.ts'
import { checked, isFolder, wholeNumber } from './files.ts'
import { facts, print, say, withJson } from './output.ts'

type Options = { readonly home: string; readonly json?: boolean }

async function lockOf(home: string): Promise<VoteLockConfig> {
  const paths = homePaths(home)
  const { genesis } = await readChainStart(paths.genesis)
  const { publicKey } = await inspectKeyFile(paths.consensusKey)
  return { path: paths.voteLock, chainId: genesis.chainId, publicKey }
}

/** A home that never started has no lock, and none was lost. */
async function requireStarted(home: string): Promise<void> {
  if ((await nodeDisk.read(homePaths(home).unusedKey)) === undefined) return
  throw new EpioneError({
    code: 'HOME_INVALID',
    message: `${home} was never started: it has no vote lock yet`,
    hint: 'move the folder as it is and start it there; its first start makes the lock',
  })
}

function placeOf(last: Vote | null): string {
  return last === null ? 'none' : `${last.kind}, height ${last.height}, view ${last.view}`
}

async function exportLock(options: Options & { readonly out: string }): Promise<void> {
  const { home, out } = options
  await requireStarted(home)
  const config = await lockOf(home)
  const { last } = await exportVoteLock(config, out)
  const { chainId, publicKey } = config
  print(options, { out, chainId, publicKey, lastVote: placeOf(last) }, () => [
    ...facts([
      ['exported to', out],
      ['last vote', placeOf(last)],
    ]),
    `${home} never signs again. Import the file on the other machine once, then delete it.`,
  ])
}

async function importLock(file: string, options: Options): Promise<void> {
  const { home } = options
  const config = await lockOf(home)
  const { last } = await importVoteLock(config, file)
  const { unusedKey, keys } = homePaths(home)
  if ((await nodeDisk.read(unusedKey)) !== undefined) {
    await nodeDisk.unlink(unusedKey)
    await nodeDisk.syncFolder(keys)
  }
  const { chainId, publicKey } = config
  print(options, { home, chainId, publicKey, lastVote: placeOf(last) }, () => [
    ...facts([
      ['imported into', home],
      ['last vote', placeOf(last)],
    ]),
    `Delete ${file}: imported a second time it lets two machines sign.`,
  ])
}

/** The highest height that the journal shows a vote for; 0 without a journal that can be read. */
async function journaledHeight(home: string, chainId: Digest): Promise<Height> {
  try {
    const { records } = await recoverJournal(homePaths(home).journal, chainId)
    return records.reduce((highest, { height }) => Math.max(highest, height), 0)
  } catch (error) {
    const isUnreadable = error instanceof EpioneError && error.code === 'JOURNAL_DAMAGED'
    if (isUnreadable || systemCodeOf(error) === 'ENOENT') return 0
    throw error
  }
}

/** The newest block on this disk; 0 without data that can be read. */
async function storedHeight(home: string): Promise<Height> {
  const { data, genesis: genesisPath } = homePaths(home)
  if (!(await isFolder(data))) return 0
  const { genesis } = await readChainStart(genesisPath)
  try {
    const store = await openLevelStore(data)
    try {
      return (await openLedger({ store, genesis, list: appList })).head().header.height
    } finally {
      await store.close()
    }
  } catch (error) {
    if (error instanceof EpioneError && error.code === 'STORE_DAMAGED') return 0
    throw error
  }
}

/** Nothing that this home can show may be signed a second time. */
async function refuseTooLow(height: Height, home: string, chainId: Digest): Promise<void> {
  const refuse = (what: string) => {
    throw new EpioneError({
      code: 'INPUT_INVALID',
      message: `--height ${height}: ${what}`,
      hint: 'give the height of the newest block that any validator has',
    })
  }
  const journaled = await journaledHeight(home, chainId)
  if (height < journaled - 1)
    refuse(`the journal shows a vote at height ${journaled}, so ${journaled - 1} is decided`)
  const stored = await storedHeight(home)
  if (height < stored) refuse(`this home has block ${stored}`)
}

const decisionCodec = struct({
  chainId: hex<Digest>(32),
  publicKey: hex<PublicKey>(32),
  height: uint(),
  timeMs: uint(),
  reason: text(500),
})

type ResetOptions = Options & {
  readonly height: string
  readonly reason: string
  readonly passphraseFile?: string
}

async function resetLock(options: ResetOptions): Promise<void> {
  const { home, reason } = options
  const paths = homePaths(home)
  const height = wholeNumber('--height', options.height)
  await requireStarted(home)
  const passphrase = await readPassphrase(options.passphraseFile ?? null)
  const key = await readKey({ path: paths.consensusKey, kind: 'consensus', passphrase })
  const config = await lockOf(home)
  const { chainId, publicKey } = config
  await refuseTooLow(height, home, chainId)
  const decision = { chainId, publicKey, height, timeMs: Date.now(), reason }
  const bytes = checked('--reason', () => encode(decisionCodec, decision))
  const signature = toHex(createSigner(key.secret).sign(hash('signer-reset', bytes)))
  const recordOf = (lost: string) => ({ ...decision, lost, signature })
  // Logged first: a lock without its decision would be worse than a decision that came to nothing.
  const lost = await resetVoteLock(config, height, async (lost) => {
    say(`the vote lock of ${home} is lost: ${lost}`)
    say(`a new one is made now; with it this validator signs above height ${height} again`)
    await appendFile(paths.resets, `${JSON.stringify(recordOf(lost))}\n`, { mode: 0o600 })
  })
  const record = recordOf(lost)
  print(options, record, () => [
    'done: there is a new vote lock',
    ...facts([
      ['lost', lost],
      ['signs above', height],
      ['logged in', paths.resets],
    ]),
  ])
}

export function signerCommand(): Command {
  const give = new Command('export')
    .description('write the vote lock to a file, and disable it in this home for good')
    .requiredOption('--home <folder>', 'home of a stopped validator')
    .requiredOption('--out <file>', 'new file, for the other machine')
    .action(exportLock)
  const take = new Command('import')
    .description('take over an exported vote lock')
    .argument('<file>')
    .requiredOption('--home <folder>', 'home with genesis and consensus key, without a lock in use')
    .action(importLock)
  const reset = new Command('reset')
    .description('make a new vote lock after a loss that does not heal by itself')
    .requiredOption('--home <folder>', 'home of a stopped validator whose vote lock is lost')
    .requiredOption('--height <height>', 'nothing is signed at or below this height')
    .requiredOption('--reason <text>', 'who decided this and why; signed and logged')
    .option('--passphrase-file <file>', 'the first line of this file opens the consensus key')
    .action(resetLock)
  return new Command('signer')
    .description('move or renew the right to vote')
    .addCommand(withJson(give, ['epione signer export --home hospital --out lock.json']))
    .addCommand(withJson(take, ['epione signer import lock.json --home new-hospital']))
    .addCommand(
      withJson(reset, [
        "epione signer reset --home hospital --height 120000 --reason 'agreed by all four, 5 May'",
      ]),
    )
}
