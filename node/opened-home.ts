// A home opened by one process: genesis, keys, ledger, the right to vote.
import { appList } from '../apps/index.ts'
import type { TransactionSigner } from '../client/signer.ts'
import type { GenesisFile } from '../genesis/schema.ts'
import type { Validator } from '../vm/validator.ts'
import { nodeClock } from './clock.ts'
import type { Settings } from './config-schema.ts'
import { createSigner } from './crypto/ed25519.ts'
import { homePaths, readChainStart, validatorSigner } from './home.ts'
import { readKey } from './keys/key-file.ts'
import { readPassphrase } from './keys/passphrase.ts'
import { openLedger } from './ledger/open.ts'
import type { Ledger } from './ledger/types.ts'
import type { Logger } from './logger.ts'
import { nameOf } from './network.ts'
import { checkpointOf, requireCheckpoint } from './snapshot/checkpoint.ts'
import { openLevelStore } from './store/level.ts'
import { openVoting, type Voting } from './voting.ts'

export type OpenedHome = {
  readonly file: GenesisFile
  readonly ledger: Ledger
  readonly peerSeed: Uint8Array
  readonly signDigest: (digest: Uint8Array) => Uint8Array
  readonly voting: Voting
  /** The set in force now. */
  readonly validators: () => readonly Validator[]
  /** Everybody on the ledger whose node may connect. */
  readonly members: () => readonly Validator[]
  /** This node's seat in that set; undefined for one that only follows. */
  readonly seat: () => Validator | undefined
  /** Signs as the validator's account. */
  readonly signer: TransactionSigner | undefined
  /** The name of a validator where people read it. */
  readonly nameOf: (validator: Validator) => string
  readonly close: () => Promise<void>
}

/** Throws EpioneError: no or another genesis, keys missing or damaged, a second process on the folder, damaged data. */
export async function openHome(settings: Settings, log: Logger): Promise<OpenedHome> {
  const { home } = settings
  const paths = homePaths(home)
  const { file, genesis } = await readChainStart(paths.genesis)
  const { chainId } = genesis
  const passphrase = await readPassphrase(settings.passphraseFile)
  const consensus = await readKey({ path: paths.consensusKey, kind: 'consensus', passphrase })
  const peer = await readKey({ path: paths.peerKey, kind: 'p2p', passphrase })
  const store = await openLevelStore(paths.data)
  const keepBlocks = settings.store.keepBlocks || undefined
  const { turn } = nodeClock
  const ledger = await openLedger({ store, genesis, list: appList, keepBlocks, turn })
  requireCheckpoint(ledger, checkpointOf(settings.sync.checkpoint))
  const { publicKey } = consensus
  const signDigest = createSigner(consensus.secret).sign
  const voting = await openVoting({ home, chainId, publicKey, signDigest, log })
  const validators = () => ledger.rules.list.identity.validators(ledger.state())
  return {
    file,
    ledger,
    peerSeed: peer.secret,
    signDigest,
    voting,
    validators,
    members: () => ledger.rules.list.identity.members(ledger.state()),
    seat: () => validators().find(({ consensusKey }) => consensusKey === publicKey),
    signer: await validatorSigner(home, passphrase),
    nameOf: (validator) => nameOf(file, validator, ledger.state()),
    close: async () => {
      await voting.close()
      await store.close()
    },
  }
}
