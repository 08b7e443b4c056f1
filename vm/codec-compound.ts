// Codecs built from codecs: arrays with field names, lists, options, unions, names for CDDL.
import { leaveToLibrary } from './cbor.ts'
import {
  type CborValue,
  type Cddl,
  type Codec,
  type Infer,
  type JsonValue,
  located,
  refuse,
  within,
} from './codec.ts'

function merge(parts: readonly Cddl[]): Map<string, string> {
  return new Map(parts.flatMap((part) => [...part.rules]))
}

function list(item: CborValue): readonly CborValue[] {
  if (!Array.isArray(item)) refuse('expected an array')
  return item
}

function object(json: unknown): Readonly<Record<string, unknown>> {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) refuse('expected an object')
  return json as Readonly<Record<string, unknown>>
}

type Struct<F> = { readonly [K in keyof F]: Infer<F[K]> }
type AnyCodec = Codec<unknown>

/**
 * Makes plain objects. To the engine they have a form of their own: it learns how many fields they get and makes room for all of
 * them at once, whereas an object that begins as `{}` keeps those after the fourth in a second place that grows.
 */
function createPlain(): new () => Record<string, unknown> {
  function Plain() {}
  Plain.prototype = Object.prototype
  return Plain as unknown as new () => Record<string, unknown>
}

/** An object in code and JSON; on the wire an array of the fields in the written order. */
export function struct<const F extends Readonly<Record<string, AnyCodec>>>(
  fields: F,
): Codec<Struct<F>> {
  const entries = Object.entries(fields)
  const names = entries.map(([name]) => name)
  const codecs = entries.map(([, codec]) => codec)
  const count = entries.length
  const known = new Set(names)
  const Plain = createPlain()
  return {
    toCbor: (value) => {
      const source = value as Record<string, unknown>
      return entries.map(([name, codec]) => within(name, () => codec.toCbor(source[name])))
    },
    fromCbor: (item) => {
      const items = list(item)
      if (items.length !== entries.length)
        refuse(`expected ${entries.length} fields, found ${items.length}`)
      const value: Record<string, unknown> = {}
      let index = 0
      try {
        for (; index < count; index++)
          value[names[index] as string] = (codecs[index] as AnyCodec).fromCbor(
            items[index] as CborValue,
          )
      } catch (error) {
        throw located(names[index] ?? '', error)
      }
      return value as Struct<F>
    },
    write: (value, sink) => {
      const source = value as Record<string, unknown>
      sink.array(count)
      for (let index = 0; index < count; index++)
        (codecs[index] as AnyCodec).write(source[names[index] as string], sink)
    },
    read: (cursor) => {
      if (cursor.array() !== count) leaveToLibrary()
      const value = new Plain()
      for (let index = 0; index < count; index++)
        value[names[index] as string] = (codecs[index] as AnyCodec).read(cursor)
      return value as Struct<F>
    },
    toJson: (value) => {
      const source = value as Record<string, unknown>
      return Object.fromEntries(entries.map(([name, codec]) => [name, codec.toJson(source[name])]))
    },
    fromJson: (json) => {
      const source = object(json)
      for (const key of Object.keys(source)) {
        if (!known.has(key))
          refuse(`unknown key ${JSON.stringify(key)}; known are ${[...known].join(', ')}`)
      }
      return Object.fromEntries(
        entries.map(([name, codec]) => [
          name,
          within(name, () => codec.fromJson(source[name] ?? null)),
        ]),
      ) as Struct<F>
    },
    schema: {
      type: 'object',
      properties: Object.fromEntries(entries.map(([name, codec]) => [name, codec.schema])),
      required: entries.filter(([, codec]) => !isOptional(codec)).map(([name]) => name),
      additionalProperties: false,
    },
    cddl: {
      expression:
        entries.length === 0
          ? '[]'
          : `[ ${entries.map(([name, codec]) => `${name}: ${codec.cddl.expression}`).join(', ')} ]`,
      rules: merge(entries.map(([, codec]) => codec.cddl)),
    },
  }
}

function convertItems<A, B>(items: readonly A[], convert: (value: A) => B): B[] {
  const converted: B[] = []
  try {
    for (const value of items) converted.push(convert(value))
  } catch (error) {
    throw located(`[${converted.length}]`, error)
  }
  return converted
}

/** From `min` to `max` items of one kind. */
export function array<T>(item: Codec<T>, max: number, min = 0): Codec<readonly T[]> {
  const bounded = <A extends readonly unknown[]>(items: A): A => {
    if (items.length < min || items.length > max)
      refuse(`expected ${min} to ${max} items, found ${items.length}`)
    return items
  }
  const each = <A, B>(items: readonly A[], convert: (value: A) => B): B[] =>
    convertItems(bounded(items), convert)
  return {
    toCbor: (values) => each(values, item.toCbor),
    fromCbor: (encoded) => each(list(encoded), item.fromCbor),
    write: (values, sink) => {
      sink.array(bounded(values).length)
      for (const value of values) item.write(value, sink)
    },
    read: (cursor) => {
      const count = cursor.array()
      if (count < min || count > max) leaveToLibrary()
      // Most lists have one item, and one that grows begins with room for seventeen.
      if (count === 1) return [item.read(cursor)]
      const values: T[] = []
      for (let index = 0; index < count; index++) values.push(item.read(cursor))
      return values
    },
    toJson: (values) => each(values, item.toJson),
    fromJson: (json) => {
      if (!Array.isArray(json)) refuse('expected an array')
      return each(json, item.fromJson)
    },
    schema: { type: 'array', items: item.schema, minItems: min, maxItems: max },
    cddl: { expression: `[ ${min}*${max} ${item.cddl.expression} ]`, rules: item.cddl.rules },
  }
}

/** Whether a field of this codec may be left out in JSON. */
function isOptional(codec: AnyCodec): boolean {
  try {
    return codec.fromJson(null) === null
  } catch {
    return false
  }
}

/** A value or null; in JSON the key may be left out. */
export function optional<T>(item: Codec<T>): Codec<T | null> {
  return {
    toCbor: (value) => (value === null ? null : item.toCbor(value)),
    fromCbor: (encoded) => (encoded === null ? null : item.fromCbor(encoded)),
    write: (value, sink) => (value === null ? sink.null() : item.write(value, sink)),
    read: (cursor) => (cursor.skipNull() ? null : item.read(cursor)),
    toJson: (value) => (value === null ? null : item.toJson(value)),
    fromJson: (json) => (json === null ? null : item.fromJson(json)),
    schema: { anyOf: [item.schema, { type: 'null' }] },
    cddl: { expression: `${item.cddl.expression} / null`, rules: item.cddl.rules },
  }
}

type Variants = Readonly<Record<string, readonly [number, AnyCodec]>>
type Choice<V extends Variants> = {
  readonly [K in keyof V & string]: { readonly kind: K } & Infer<V[K][1]>
}[keyof V & string]

/**
 * A closed union on `kind`: each variant has a written, frozen number and a struct codec. On the wire [number, fields]; in JSON
 * the fields with `kind` beside them.
 */
export function choice<const V extends Variants>(variants: V): Codec<Choice<V>> {
  const names = Object.keys(variants)
  const codecOf = (kind: unknown): [number, AnyCodec] => {
    const variant = names.includes(kind as string) ? variants[kind as string] : undefined
    if (variant === undefined) return refuse(`expected one of the kinds ${names.join(', ')}`)
    return [variant[0], variant[1]]
  }
  const nameOf = new Map(names.map((name) => [variants[name]?.[0], name]))
  const cddls = names.map((name) => codecOf(name)[1].cddl)
  const tagged = (kind: string, fields: unknown) => ({ kind, ...(fields as object) }) as Choice<V>
  return {
    toCbor: (value) => {
      const [number, codec] = codecOf(value.kind)
      return [number, codec.toCbor(value)]
    },
    fromCbor: (item) => {
      const [number, fields, ...rest] = list(item)
      const kind = nameOf.get(number as number)
      if (kind === undefined || fields === undefined || rest.length > 0)
        return refuse('expected [kind number, fields]')
      return tagged(
        kind,
        within(kind, () => codecOf(kind)[1].fromCbor(fields)),
      )
    },
    write: (value, sink) => {
      const [number, codec] = codecOf(value.kind)
      sink.array(2)
      sink.uint(number)
      codec.write(value, sink)
    },
    read: (cursor) => {
      if (cursor.array() !== 2) leaveToLibrary()
      const kind = nameOf.get(cursor.uint()) ?? leaveToLibrary()
      return tagged(kind, codecOf(kind)[1].read(cursor))
    },
    toJson: (value) => ({ kind: value.kind, ...(codecOf(value.kind)[1].toJson(value) as object) }),
    fromJson: (json) => {
      const { kind, ...fields } = object(json)
      return tagged(kind as string, codecOf(kind)[1].fromJson(fields))
    },
    schema: {
      anyOf: names.map(
        (name): JsonValue => ({ required: ['kind'], properties: { kind: { const: name } } }),
      ),
    },
    cddl: {
      expression: names
        .map((name, index) => `[ ${name}: ${variants[name]?.[0]}, ${cddls[index]?.expression} ]`)
        .join(' / '),
      rules: merge(cddls),
    },
  }
}

/** The same codec under a rule name of the CDDL file. */
export function named<T>(name: string, codec: Codec<T>): Codec<T> {
  const rules = new Map(codec.cddl.rules)
  rules.set(name, codec.cddl.expression)
  return { ...codec, cddl: { expression: name, rules } }
}
