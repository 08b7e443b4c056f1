// The settings in force and where each came from: flags > EPIONE_* > TOML file > defaults.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, TomlError } from 'smol-toml'
import { expectation, lineOf, type Misfit, shown } from './config-expected.ts'
import { type Setting, type Settings, settings, settingsSchema } from './config-schema.ts'
import { nearest } from './config-suggest.ts'
import { EpioneError, systemCodeOf } from './errors.ts'

export type SettingSource = 'flag' | 'environment' | 'file' | 'default'

/** One line of `config show`. */
export type SettingInForce = {
  readonly path: string
  readonly value: unknown
  readonly source: SettingSource
  /** The flag, the variable or the file that said so. */
  readonly from: string
}

export type Config = {
  readonly settings: Settings
  readonly inForce: readonly SettingInForce[]
}

type Tree = { [key: string]: unknown }
type FlagValue = string | number | boolean | readonly string[] | undefined

export type ConfigSources = {
  /** By attribute (`rpcPort`) or path (`rpc.port`); undefined is a flag that was not given. */
  readonly flags?: Readonly<Record<string, FlagValue>>
  readonly environment?: Readonly<Record<string, string | undefined>>
  readonly file?: { readonly path: string; readonly text: string } | undefined
}

/** Variables of the same prefix that are no settings. */
const otherVariables = new Set(['EPIONE_CONFIG', 'EPIONE_URL'])

function unknownKey(key: string, known: readonly string[], where: string): EpioneError {
  const meant = nearest(key, known)
  return new EpioneError({
    code: 'CONFIG_UNKNOWN_KEY',
    message: `unknown setting ${key} in ${where}`,
    hint: meant === undefined ? 'epione config show lists every setting' : `did you mean ${meant}?`,
  })
}

function invalid(message: string, hint: string): EpioneError {
  return new EpioneError({ code: 'CONFIG_INVALID', message, hint })
}

/** The value that text stands for; what it does not fit is left as text for the schema to refuse. */
function fromText(setting: Setting, text: string): unknown {
  switch (setting.kind) {
    case 'text':
      return text
    case 'integer':
      return /^-?\d+$/.test(text) ? Number(text) : text
    case 'switch':
      return text === 'true' ? true : text === 'false' ? false : text
    case 'list':
      return text === '' ? [] : text.split(',')
    case 'map':
      return mapFromText(setting, text)
  }
}

/** `name=value;name=value`; the values of `peers` are lists with commas. */
function mapFromText(setting: Setting, text: string): unknown {
  const entries = text.split(';').filter((entry) => entry !== '')
  return Object.fromEntries(
    entries.map((entry) => {
      const [name = '', value = ''] = entry.split(/=(.*)/s)
      return [name, setting.path === 'peers' ? value.split(',') : value]
    }),
  )
}

function fromFlag(setting: Setting, value: FlagValue): unknown {
  if (typeof value === 'string') return fromText(setting, value)
  if (!Array.isArray(value)) return value
  return setting.kind === 'map' ? mapFromText(setting, value.join(';')) : value
}

function put(tree: Tree, path: string, value: unknown): void {
  const [first = '', ...rest] = path.split('.')
  if (rest.length === 0) {
    tree[first] = value
    return
  }
  const below = (tree[first] ?? {}) as Tree
  tree[first] = below
  put(below, rest.join('.'), value)
}

function step(node: unknown, name: PropertyKey): unknown {
  return typeof node === 'object' && node !== null && Object.hasOwn(node, name)
    ? (node as Readonly<Record<PropertyKey, unknown>>)[name]
    : undefined
}

function at(tree: unknown, path: string): unknown {
  return path.split('.').reduce(step, tree)
}

function parseFile({ path, text }: { path: string; text: string }): Tree {
  try {
    return parse(text)
  } catch (error) {
    const line = error instanceof TomlError ? ` line ${error.line}, column ${error.column}` : ''
    const what = error instanceof Error ? error.message.split('\n')[0] : 'not TOML'
    throw invalid(`${path}${line}: ${what}`, 'correct the file; its form is TOML')
  }
}

/** `config.toml line 3`, or the file alone where the line is not found. */
function placeIn({ path, text }: { readonly path: string; readonly text: string }, key: string) {
  const line = lineOf(text, key)
  return line === undefined ? path : `${path} line ${line}`
}

function requireKnownKeys(tree: Tree, file: { readonly path: string; readonly text: string }) {
  const known = settings.map((setting) => setting.path)
  const visit = (node: Tree, prefix: string) => {
    for (const [key, value] of Object.entries(node)) {
      const name = `${prefix}${key}`
      if (known.includes(name)) continue
      const isSection = known.some((one) => one.startsWith(`${name}.`))
      const isTable = typeof value === 'object' && value !== null && !Array.isArray(value)
      if (isSection && isTable) visit(value as Tree, `${name}.`)
      else throw unknownKey(name, known, placeIn(file, name))
    }
  }
  visit(tree, '')
}

function requireKnownVariables(environment: Readonly<Record<string, string | undefined>>): void {
  const known = settings.map((setting) => setting.variable)
  for (const name of Object.keys(environment)) {
    if (!name.startsWith('EPIONE_') || otherVariables.has(name)) continue
    if (!known.includes(name)) throw unknownKey(name, known, 'the environment')
  }
}

/** Where a setting was said, in the order of precedence; undefined leaves the default. */
function findSource(
  setting: Setting,
  sources: ConfigSources & { readonly tree: Tree },
): { source: SettingSource; from: string; value: unknown } | undefined {
  const flag = sources.flags?.[setting.attribute] ?? sources.flags?.[setting.path]
  if (flag !== undefined) {
    return { source: 'flag', from: setting.flag, value: fromFlag(setting, flag) }
  }
  const text = sources.environment?.[setting.variable]
  if (text !== undefined) {
    return { source: 'environment', from: setting.variable, value: fromText(setting, text) }
  }
  const value = at(sources.tree, setting.path)
  if (value !== undefined) return { source: 'file', from: sources.file?.path ?? '', value }
  return undefined
}

/** Settles every setting; throws EpioneError for an unknown key or a value that does not fit. */
export function resolveConfig(sources: ConfigSources): Config {
  const tree = sources.file === undefined ? {} : parseFile(sources.file)
  if (sources.file !== undefined) requireKnownKeys(tree, sources.file)
  requireKnownVariables(sources.environment ?? {})
  const said = new Map<string, { source: SettingSource; from: string }>()
  const values: Tree = {}
  for (const setting of settings) {
    const found = findSource(setting, { ...sources, tree })
    if (found === undefined) continue
    said.set(setting.path, found)
    put(values, setting.path, found.value)
  }
  const parsed = settingsSchema.safeParse(values)
  if (!parsed.success) {
    const from = (path: string): string => {
      const found = said.get(path)
      if (found?.source === 'file' && sources.file !== undefined) return placeIn(sources.file, path)
      return found?.from ?? 'the settings'
    }
    throw invalidValue(parsed.error.issues[0], { from, values })
  }
  const inForce = settings.map(({ path }) => {
    const { source, from } = said.get(path) ?? { source: 'default' as const, from: 'default' }
    return { path, value: at(parsed.data, path), source, from }
  })
  return { settings: parsed.data, inForce }
}

/** One line: the setting, who said it, what it must be, and what was said. */
function invalidValue(
  issue: Misfit | undefined,
  said: { readonly from: (path: string) => string; readonly values: Tree },
): EpioneError {
  const path = issue?.path.join('.') ?? ''
  const setting = settings.find((one) => path === one.path || path.startsWith(`${one.path}.`))
  const value = shown(issue?.path.reduce(step, said.values))
  const expected = issue === undefined ? 'not as it must be' : expectation(issue)
  const from = setting === undefined ? 'the settings' : said.from(setting.path)
  return invalid(
    `${path} (from ${from}): ${expected}, not ${value}`,
    `${setting?.path ?? path} is: ${setting?.description ?? 'see epione config show'}`,
  )
}

function readText(path: string, options: { readonly mayMiss: boolean }): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (options.mayMiss && systemCodeOf(error) === 'ENOENT') return undefined
    throw new EpioneError({
      code: 'CONFIG_UNREADABLE',
      message: `cannot read the settings in ${path} (${systemCodeOf(error) ?? 'unknown'})`,
      hint: 'name an existing file, or leave the flag out',
      cause: error,
    })
  }
}

/** As `resolveConfig`, with the file named by `config` or EPIONE_CONFIG, else HOME/config.toml if it is there. */
export function loadConfig(sources: {
  readonly flags: Readonly<Record<string, FlagValue>>
  readonly environment: Readonly<Record<string, string | undefined>>
  /** The file that a flag names. */
  readonly configFile?: string | undefined
}): Config {
  const { flags, environment } = sources
  const named = sources.configFile ?? environment['EPIONE_CONFIG']
  const home = resolveConfig({ flags, environment }).settings.home
  const path = named ?? join(home, 'config.toml')
  const text = readText(path, { mayMiss: named === undefined })
  return resolveConfig({
    flags,
    environment,
    file: text === undefined ? undefined : { path, text },
  })
}
