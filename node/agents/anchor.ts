// What an agent trusts from the start: the genesis file of its chain, recognized by its hash.
import { readFile } from 'node:fs/promises'
import { appList } from '../../apps/index.ts'
import type { VaultParameters, vaultParametersCodec } from '../../apps/vault/genesis.ts'
import { vault } from '../../apps/vault/index.ts'
import { startView, type TrustedView } from '../../client/trusted-view.ts'
import { buildGenesis } from '../../genesis/build.ts'
import { type GenesisFile, genesisCodec, genesisHash } from '../../genesis/schema.ts'
import { CodecError } from '../../vm/codec.ts'
import type { EngineKind } from '../../vm/quorum.ts'
import type { Parameters } from '../../vm/rules.ts'
import type { Write } from '../../vm/state.ts'
import type { Digest } from '../../vm/types.ts'
import type { Validator } from '../../vm/validator.ts'
import { EpioneError } from '../errors.ts'

export type Anchor = {
  readonly chainId: Digest
  readonly engine: EngineKind
  /** The set that certifies block 1. */
  readonly validators: readonly Validator[]
  readonly parameters: Parameters
  readonly vault: VaultParameters
  /** The state before block 1; of a fork it is in no file. */
  readonly firstState: readonly Write[] | undefined
}

/** Where verification begins: with nothing but the genesis. */
export function firstView({ chainId, engine, parameters, validators }: Anchor): TrustedView {
  const { heartbeatMs } = parameters
  return startView({ chainId, engine, heartbeatMs, validators })
}

function fail(path: string, what: string, cause?: unknown): never {
  throw new EpioneError({
    code: 'GENESIS_MISMATCH',
    message: `${path} ${what}`,
    hint: 'give the agent the genesis file of the chain that its settings name',
    cause,
  })
}

/** Throws EpioneError if the file has another hash; what it says needs no further check then. */
export async function readAnchor(path: string, chainId: Digest): Promise<Anchor> {
  let file: GenesisFile
  try {
    file = genesisCodec(appList).fromJson(JSON.parse(await readFile(path, 'utf8')))
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof CodecError)
      return fail(path, `is no genesis file (${error.message})`, error)
    throw error
  }
  const found = genesisHash(file, appList)
  if (found !== chainId) fail(path, `has the hash ${found}, not ${chainId}`)
  const { engine, validators, parameters, writes } = buildGenesis(file, appList)
  const section = file.applications.find(({ name }) => name === vault.name)
  if (section === undefined) fail(path, 'has no section for the vault')
  return {
    chainId,
    engine,
    validators,
    parameters,
    // The list of applications hides the type of a section from everybody but its application.
    vault: section.parameters as unknown as ReturnType<typeof vaultParametersCodec.fromJson>,
    firstState: file.fork === null ? writes : undefined,
  }
}
