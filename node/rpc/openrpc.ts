// The OpenRPC document, made from the very schemas that check parameters and describe results.
import type { JsonValue } from '../../vm/codec.ts'
import { uint } from '../../vm/codec-scalar.ts'
import { errorCodes, rpcNumberOf } from '../errors.ts'
import type { Method } from './method.ts'

const minHeight = {
  name: 'minHeight',
  summary: 'Waits until this node has committed the height; by name only',
  required: false,
  schema: uint().schema,
}

/** By position only where nothing that may be left out stands before something that must be given. */
function isPositional({ parameters }: Method): boolean {
  const firstOptional = parameters.findIndex(({ required }) => !required)
  return firstOptional === -1 || parameters.slice(firstOptional).every(({ required }) => !required)
}

function describe(method: Method): JsonValue {
  const { name, summary, parameters, result, resultName, example } = method
  return {
    name,
    summary,
    paramStructure: isPositional(method) ? 'either' : 'by-name',
    params: [...parameters, ...(method.reads ? [minHeight] : [])],
    result: { name: resultName, schema: result },
    errors: errors(),
    examples: [
      {
        name: `${name} example`,
        params: Object.entries(example).map(([key, value]) => ({ name: key, value })),
      },
    ],
  }
}

/** Every code that a call can meet; `data.code` is what programs look at. */
function errors(): JsonValue {
  const numbers = new Map<number, string[]>()
  for (const code of errorCodes) {
    const number = rpcNumberOf(code)
    numbers.set(number, [...(numbers.get(number) ?? []), code])
  }
  return [...numbers].map(([code, words]) => ({ code, message: words.join(', ') }))
}

export function openRpcDocument(methods: readonly Method[], version: string): JsonValue {
  return {
    openrpc: '1.3.2',
    info: {
      title: 'epione',
      version,
      description:
        'Bytes are lower-case hexadecimal with 0x, amounts decimal strings. Errors carry data.code, a stable word.',
      license: { name: 'Apache-2.0' },
    },
    methods: methods.map(describe),
  }
}
