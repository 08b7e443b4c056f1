// The vault's genesis parameters as the state holds them.
import { assert } from '../../vm/assert.ts'
import type { Reader } from '../../vm/state.ts'
import type { VaultParameters } from './genesis.ts'
import { parametersTable } from './state.ts'

export function requireParameters(state: Reader): VaultParameters {
  const parameters = parametersTable.get(state)
  assert(parameters !== undefined, 'the genesis has a section for the vault')
  return parameters
}
