// One method for each query of each application: `bank.balance` is called as bank_balance.
import type { Query } from '../../vm/app.ts'
import { assert } from '../../vm/assert.ts'
import type { JsonValue } from '../../vm/codec.ts'
import { uint } from '../../vm/codec-scalar.ts'
import type { Rules } from '../../vm/rules.ts'
import { EpioneError } from '../errors.ts'
import {
  type CallContext,
  type Method,
  type ParameterDescription,
  refuseUnknown,
} from './method.ts'

/** A block may come while a query reads; so often it begins again. */
const ATTEMPTS_MAX = 20
/** First words of methods that are no applications. */
const reserved = new Set(['chain', 'tx', 'state', 'events', 'node', 'rpc'])

type ObjectSchema = {
  readonly properties?: Readonly<Record<string, JsonValue>>
  readonly required?: readonly string[]
}

function parametersOf(query: Query): ParameterDescription[] {
  const { properties = {}, required = [] } = query.parameters as ObjectSchema
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    required: required.includes(name),
    schema,
  }))
}

/** One answer whose reads all belong to one height. */
async function answer(
  query: Query,
  input: Readonly<Record<string, unknown>>,
  { port: { ledger } }: CallContext,
): Promise<JsonValue> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const { height, timeMs } = ledger.head().header
    const found = await query.run(ledger.queryState(), input, { height, timeMs })
    if (ledger.head().header.height !== height) continue
    if (found.ok) return { height, timeMs, result: found.result }
    throw new EpioneError({
      code: 'QUERY_REFUSED',
      message: `${query.name}: ${found.code}`,
      hint: 'compare the parameters with the example in rpc.discover',
      data: { refusal: found.code, height },
    })
  }
  throw new EpioneError({
    code: 'HEAD_MOVING',
    message: `blocks came faster than ${query.name} could read`,
    hint: 'ask again, for a smaller page',
  })
}

function methodOf(query: Query): Method {
  const parameters = parametersOf(query)
  return {
    name: query.name.replace('.', '_'),
    summary: query.summary,
    parameters,
    resultName: 'answer',
    result: {
      type: 'object',
      properties: { height: uint().schema, timeMs: uint().schema, result: query.result },
      required: ['height', 'timeMs', 'result'],
      additionalProperties: false,
    },
    example: query.example as Readonly<Record<string, JsonValue>>,
    reads: true,
    run: (input, context) => {
      refuseUnknown(input, new Set(parameters.map(({ name }) => name)))
      return answer(query, input, context)
    },
  }
}

export function queryMethods({ list }: Pick<Rules, 'list'>): readonly Method[] {
  for (const app of list.apps) {
    assert(!reserved.has(app.name), `no application may be called ${app.name}`)
  }
  return list.apps.flatMap((app) => app.queries.map(methodOf))
}
