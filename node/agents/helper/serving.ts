// A helper from block to duty: every block is executed on its own copy of the ledger, then what is due is done.
import { assertNever } from '../../../vm/assert.ts'
import type { Rules } from '../../../vm/rules.ts'
import type { TimeMs } from '../../../vm/types.ts'
import type { ProvenBlock, Tip } from '../block.ts'
import { keepBoxes } from './boxes.ts'
import { readBlock } from './reading.ts'
import { serveDealt } from './serve-dealt.ts'
import { serveKeyset } from './serve-keyset.ts'
import { serveReplicated } from './serve-replicated.ts'
import type { Service, ServiceParameters } from './service.ts'
import type { Serves } from './settings.ts'

export type Serving = {
  /** Bond and offers. */
  readonly begin: () => Promise<void>
  /** On disk with its consequences when it resolves; rejects with EpioneError DIVERGED. */
  readonly read: (block: ProvenBlock, after: Tip) => Promise<void>
  /** Does what is due; may be called any number of times. */
  readonly attend: (timeMs: TimeMs) => readonly Promise<void>[]
}

function serviceFor(parameters: ServiceParameters, serves: Serves): Service {
  switch (serves.kind) {
    case 'dealer':
      return serveDealt(parameters, serves.committee)
    case 'replicated':
      return serveReplicated(parameters, serves.committee)
    case 'keyset':
      return serveKeyset(parameters, serves)
    default:
      return assertNever(serves)
  }
}

export function createServing(
  parameters: ServiceParameters & { readonly rules: Rules },
  serves: Serves,
): Serving {
  const { own, rules, signer } = parameters
  const service = serviceFor(parameters, serves)
  return {
    begin: service.begin,
    attend: service.attend,
    read: async (block, after) => {
      const overlay = own.overlay()
      const acts = readBlock(rules, { state: overlay, before: own.reader }, block)
      keepBoxes(overlay, acts, signer.account)
      await service.look?.(overlay, acts)
      await own.commit(overlay.writes(), after)
    },
  }
}
