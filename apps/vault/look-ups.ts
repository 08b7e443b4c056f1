// Views of single values of the vault for RPC: grants, servers, offers, faults, parameters.

import { defineQuery } from '../../vm/app.ts'
import type { Codec, JsonValue } from '../../vm/codec.ts'
import { optional, struct } from '../../vm/codec-compound.ts'
import { sample } from '../../vm/example.ts'
import type { Reader } from '../../vm/state.ts'
import { accountField, digestField, epochField, tagField } from './fields.ts'
import { vaultParametersCodec } from './genesis.ts'
import { requireParameters } from './parameters.ts'
import { faultTable, grantTable, offerTable, serverTable } from './state.ts'

const id = sample('01')

/** A view of one optional value of the state. */
function lookUp<Q, V>(view: {
  readonly name: string
  readonly summary: string
  readonly parameters: Codec<Q>
  readonly value: Codec<V>
  readonly example: JsonValue
  readonly find: (state: Reader, parameters: Q) => V | undefined
}) {
  const { name, summary, parameters, value, example, find } = view
  const result = struct({ found: optional(value) })
  return defineQuery({
    name,
    summary,
    parameters,
    result,
    example,
    run: (state, asked) =>
      ({ found: find(state, asked) ?? null }) as ReturnType<typeof result.fromJson>,
  })
}

const grant = lookUp({
  name: 'vault.grant',
  summary: 'Who may write under a tag; null if nobody was ever named.',
  parameters: struct({ tag: tagField }),
  value: grantTable.value,
  example: { tag: id },
  find: (state, { tag }) => grantTable.get(state, tag),
})

const server = lookUp({
  name: 'vault.server',
  summary: 'A registered server; null if the account is none.',
  parameters: struct({ account: accountField }),
  value: serverTable.value,
  example: { account: id },
  find: (state, { account }) => serverTable.get(state, account),
})

const offer = lookUp({
  name: 'vault.offer',
  summary: 'The key that a server offered for a committee; null if it has not.',
  parameters: struct({ server: accountField, committee: digestField, epoch: epochField }),
  value: offerTable.value,
  example: { server: id, committee: id, epoch: 1 },
  find: (state, at) => offerTable.get(state, at.server, at.committee, at.epoch),
})

const fault = lookUp({
  name: 'vault.fault',
  summary: 'What was held against whom; null if there is no such fault.',
  parameters: struct({ fault: digestField }),
  value: faultTable.value,
  example: { fault: id },
  find: (state, at) => faultTable.get(state, at.fault),
})

const parameters = defineQuery({
  name: 'vault.parameters',
  summary: 'Windows, minimums and limits from the genesis.',
  parameters: struct({}),
  result: vaultParametersCodec,
  example: {},
  run: (state) => requireParameters(state),
})

export const lookUps = [grant, server, offer, fault, parameters]
