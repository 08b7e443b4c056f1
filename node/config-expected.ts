// What a setting must be, and where a file says it: the words of an error about settings.
import { settingsJsonSchema } from './config-schema.ts'

type JsonSchema = {
  readonly type?: string
  readonly enum?: readonly string[]
  readonly minimum?: number
  readonly maximum?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly anyOf?: readonly JsonSchema[]
  readonly items?: JsonSchema
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly additionalProperties?: JsonSchema
}

/** The part of the schema for one step of a path; of what may be null, the other part. */
function below(schema: JsonSchema, step: PropertyKey): JsonSchema {
  const { properties, items, additionalProperties } = schema
  const found =
    typeof step === 'number' ? items : (properties?.[String(step)] ?? additionalProperties)
  return found?.anyOf?.[0] ?? found ?? {}
}

function inWords(schema: JsonSchema): string {
  if (schema.enum !== undefined) return `one of ${schema.enum.join(', ')}`
  const { minimum, maximum, minItems = 0, maxItems } = schema
  switch (schema.type) {
    case 'integer':
      return `a whole number from ${minimum} to ${maximum}`
    case 'boolean':
      return 'true or false'
    case 'array':
      return `a list${maxItems === undefined ? '' : ` of ${minItems} to ${maxItems} entries`}`
    case 'object':
      return 'a table of names and values'
    default:
      return 'text that is not empty'
  }
}

/** An issue that the schema found; messages of its own forms say what they expect. */
export type Misfit = {
  readonly code?: string | undefined
  readonly path: readonly PropertyKey[]
  readonly message: string
}

/** As in "expected a whole number from 0 to 65535". */
export function expectation({ code, path, message }: Misfit): string {
  if (code === 'invalid_format' && message.startsWith('expected ')) return message
  if (code === 'invalid_key') return 'expected a name of letters, digits, dots and dashes'
  return `expected ${inWords(path.reduce<JsonSchema>(below, settingsJsonSchema() as JsonSchema))}`
}

const SHOWN_MAX = 60

/** A value as one short piece of a line. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return text.length <= SHOWN_MAX ? text : `${text.slice(0, SHOWN_MAX)}...`
}

function unquoted(name: string): string {
  return name.replace(/["'\s]/g, '')
}

/** The line of a TOML text that says the setting, or the one of its table; undefined for forms that few write. */
export function lineOf(text: string, path: string): number | undefined {
  let section = ''
  let table: number | undefined
  for (const [index, line] of text.split('\n').entries()) {
    const [, opened] = /^\s*\[([^[\]]+)\]/.exec(line) ?? []
    const [, key] = /^\s*([\w."'-]+)\s*=/.exec(line) ?? []
    if (opened !== undefined) {
      section = `${unquoted(opened)}.`
      if (section === `${path}.`) table = index + 1
    }
    if (key !== undefined && section + unquoted(key) === path) return index + 1
  }
  return table
}
