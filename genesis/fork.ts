// A fork: the state of a chain whose validators are gone, under a new chain id, with a new set that its organizations signed.
import { forkRegistry } from '../apps/registry/genesis.ts'
import { type ProposalVote, voterOf, votersOf } from '../apps/registry/proposal.ts'
import { getAccount, hasRole } from '../apps/registry/state.ts'
import type { AppList } from '../vm/app.ts'
import { assert } from '../vm/assert.ts'
import type { Header } from '../vm/block.ts'
import { concat, fromHex } from '../vm/bytes.ts'
import { CodecError } from '../vm/codec.ts'
import { digest, hash } from '../vm/hash.ts'
import { verifySignature } from '../vm/sign.ts'
import { createOverlay, emptyState, type Overlay, type Reader, type Write } from '../vm/state.ts'
import type { Digest, OrganizationId } from '../vm/types.ts'
import { validatorsRoot } from '../vm/validator.ts'
import { buildGenesis, type Genesis } from './build.ts'
import type { GenesisFile, GenesisValidator } from './schema.ts'

/** Everybody who takes over the same block with the same set makes the same file, and so the same chain id. */
export function forkFile(
  old: GenesisFile,
  from: { readonly header: Header; readonly blockId: Digest },
  validators: readonly GenesisValidator[],
): GenesisFile {
  const { header, blockId } = from
  const { chainId, height, stateRoot, timeMs } = header
  return {
    ...old,
    timeMs,
    salt: digest('fork-salt', concat(fromHex(blockId), fromHex(validatorsRoot(validators)))),
    organizations: [],
    accounts: [],
    validators,
    fork: { chainId, height, blockId, stateRoot },
    signatures: null,
  }
}

/** The 32 bytes that an admin signs: the chain id covers the old block, its state and the new set. */
export function forkHash(chainId: Digest): Uint8Array {
  return hash('genesis-fork', fromHex(chainId))
}

function checkSeats(state: Reader, { validators }: GenesisFile): void {
  validators.forEach(({ account, organization }, index) => {
    const path = `validators[${index}].account`
    if (!hasRole(state, account, 'validator'))
      throw new CodecError('the state has no such active account with the role validator', path)
    if (getAccount(state, account)?.organization !== organization)
      throw new CodecError('the account belongs to another organization', path)
  })
}

/** Organizations with a validator in the new set whose admin has not signed. */
export function unsignedBy(
  state: Reader,
  file: Pick<GenesisFile, 'validators' | 'signatures' | 'timeMs'>,
  chainId: Digest,
): readonly OrganizationId[] {
  const message = forkHash(chainId)
  const isSigned = ({ publicKey, signature }: ProposalVote) =>
    verifySignature(fromHex(publicKey), message, signature)
  const signed = (file.signatures ?? [])
    .filter(isSigned)
    .map((vote) => voterOf(state, vote, file.timeMs))
  return votersOf(file.validators).filter((organization) => !signed.includes(organization))
}

export function overlayOf(writes: readonly Write[]): Overlay {
  const state = createOverlay(emptyState)
  for (const { app, key, value } of writes) state.set({ app, key }, value)
  return state
}

/**
 * The start of the new chain from all values of the old state, of which the caller has checked that `fork.stateRoot` commits to
 * them. Throws CodecError if the seats do not fit the state or a signature is missing.
 */
export function buildFork(file: GenesisFile, list: AppList, old: readonly Write[]): Genesis {
  assert(file.fork !== null, 'the file is no fork')
  const genesis = buildGenesis(file, list)
  const state = overlayOf(old)
  checkSeats(state, file)
  const missing = unsignedBy(state, file, genesis.chainId)
  if (missing.length > 0) {
    throw new CodecError(
      `no admin of ${missing.join(', ')} has signed; epione genesis sign adds a signature`,
      'signatures',
    )
  }
  forkRegistry(state, genesis)
  return { ...genesis, writes: state.writes().filter(({ value }) => value !== undefined) }
}
