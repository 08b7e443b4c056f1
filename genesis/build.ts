// From the genesis file to the chain id, the rules and the first state.
import { initializeRegistry } from '../apps/registry/genesis.ts'
import type { AppList } from '../vm/app.ts'
import { assert } from '../vm/assert.ts'
import { within } from '../vm/codec.ts'
import type { EngineKind } from '../vm/quorum.ts'
import type { Parameters } from '../vm/rules.ts'
import { createOverlay, emptyState, type Write, type Writer } from '../vm/state.ts'
import type { Digest, TimeMs } from '../vm/types.ts'
import type { Validator } from '../vm/validator.ts'
import { checkGenesis } from './check.ts'
import { type GenesisFile, genesisCodec, genesisHash } from './schema.ts'

/** All that a ledger needs to start a chain. */
export type Genesis = {
  readonly chainId: Digest
  readonly engine: EngineKind
  readonly parameters: Parameters
  readonly timeMs: TimeMs
  /** The set that certifies block 1, in the order of the file. */
  readonly validators: readonly Validator[]
  /** The first state. */
  readonly writes: readonly Write[]
}

export type OpenedGenesis = { readonly file: GenesisFile; readonly genesis: Genesis }

/** Throws CodecError, with the path of what is wrong, for anything but a genesis file that a chain can start from. */
export function openGenesis(json: unknown, list: AppList): OpenedGenesis {
  const file = genesisCodec(list).fromJson(json)
  return { file, genesis: buildGenesis(file, list) }
}

/** As `openGenesis`, for who needs the file only. */
export function parseGenesis(json: unknown, list: AppList): GenesisFile {
  return openGenesis(json, list).file
}

function initializeApplications(state: Writer, file: GenesisFile, list: AppList): void {
  for (const { name, parameters } of file.applications) {
    const app = list.apps.find((known) => known.name === name)
    assert(app?.genesis !== undefined, `no application ${name} has a genesis section`)
    const { initialize } = app.genesis
    within(`applications.${name}`, () => initialize(state, parameters, { timeMs: file.timeMs }))
  }
}

function validatorsOf({ validators }: GenesisFile): readonly Validator[] {
  return validators.map(({ account, organization, consensusKey, peerKey }) => ({
    account,
    organization,
    consensusKey,
    peerKey,
  }))
}

/** Throws CodecError as `parseGenesis` does. Of a fork everything but the first state: see fork.ts. */
export function buildGenesis(file: GenesisFile, list: AppList): Genesis {
  checkGenesis(file)
  const state = createOverlay(emptyState)
  if (file.fork === null) {
    initializeRegistry(state, file)
    initializeApplications(state, file, list)
  }
  return {
    chainId: genesisHash(file, list),
    engine: file.engine,
    parameters: file.parameters,
    timeMs: file.timeMs,
    validators: validatorsOf(file),
    writes: state.writes(),
  }
}
