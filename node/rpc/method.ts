// One RPC method: parameters and result by the codecs that validate them, an example that runs, and its function.
import { type Codec, CodecError, type Infer, type JsonValue, within } from '../../vm/codec.ts'
import type { Height } from '../../vm/types.ts'
import type { RpcLimits } from './limits.ts'
import type { NodePort } from './port.ts'
import type { Subscriptions } from './subscriptions.ts'

/** What a call may use. */
export type CallContext = {
  readonly port: NodePort
  readonly limits: RpcLimits
  /** Undefined over HTTP. */
  readonly subscriptions: Subscriptions | undefined
  /** Resolves when the node has committed the height; throws EpioneError after the time, or when the caller is gone. */
  readonly waitForHeight: (height: Height, timeoutMs: number) => Promise<void>
}

export type ParameterDescription = {
  readonly name: string
  readonly required: boolean
  readonly schema: JsonValue
}

export type Method = {
  readonly name: string
  readonly summary: string
  readonly parameters: readonly ParameterDescription[]
  readonly resultName: string
  readonly result: JsonValue
  /** Parameters by name; the test-suite runs every one. */
  readonly example: Readonly<Record<string, JsonValue>>
  /** Whether `minHeight` is understood. */
  readonly reads: boolean
  /** Throws CodecError for parameters of another form, EpioneError for what cannot be answered. */
  readonly run: (
    parameters: Readonly<Record<string, unknown>>,
    context: CallContext,
  ) => Promise<JsonValue>
}

type Fields = Readonly<Record<string, Codec<unknown>>>
type Values<F> = { readonly [K in keyof F]: Infer<F[K]> }

export type MethodDefinition<F extends Fields, R> = {
  readonly name: string
  readonly summary: string
  readonly parameters: F
  readonly result: Codec<R>
  readonly example: Readonly<Record<string, JsonValue>>
  readonly reads?: false
  readonly run: (parameters: Values<F>, context: CallContext) => R | Promise<R>
}

/** Whether a parameter may be left out: its codec takes null. */
function mayMiss(codec: Codec<unknown>): boolean {
  try {
    return codec.fromJson(null) === null
  } catch {
    return false
  }
}

export function defineMethod<const F extends Fields, R>(
  definition: MethodDefinition<F, R>,
): Method {
  const entries = Object.entries(definition.parameters)
  return {
    name: definition.name,
    summary: definition.summary,
    parameters: entries.map(([name, codec]) => ({
      name,
      required: !mayMiss(codec),
      schema: codec.schema,
    })),
    resultName: 'answer',
    result: definition.result.schema,
    example: definition.example,
    reads: definition.reads ?? true,
    run: async (input, context) => {
      refuseUnknown(input, new Set(entries.map(([name]) => name)))
      const values = Object.fromEntries(
        entries.map(([name, codec]) => [
          name,
          within(name, () => codec.fromJson(Object.hasOwn(input, name) ? input[name] : null)),
        ]),
      )
      return definition.result.toJson(await definition.run(values as Values<F>, context))
    },
  }
}

export function refuseUnknown(
  input: Readonly<Record<string, unknown>>,
  known: ReadonlySet<string>,
): void {
  for (const name of Object.keys(input)) {
    if (known.has(name)) continue
    const names = known.size === 0 ? 'there are none' : `known are ${[...known].join(', ')}`
    throw new CodecError(`unknown parameter ${JSON.stringify(name)}; ${names}`)
  }
}
