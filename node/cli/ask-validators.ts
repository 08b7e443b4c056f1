// What a node says about the validators of its newest state.
import { type ValidatorsView, validatorsView } from '../../apps/registry/validator-queries.ts'
import type { Client } from '../../client/client.ts'
import { checked } from './files.ts'

export type SeenValidators = ValidatorsView & { readonly height: number; readonly timeMs: number }

export async function askValidators(client: Client): Promise<SeenValidators> {
  const { height, timeMs, result } = await client.query('registry.validators')
  const view = checked('the answer of the node', () => validatorsView.fromJson(result))
  return { ...view, height, timeMs }
}
