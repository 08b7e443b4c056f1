// Reads what a command was given: JSON text or files, with one clear line when they are not what they must be.
import { readFile, stat } from 'node:fs/promises'
import { type Codec, CodecError, type JsonValue } from '../../vm/codec.ts'
import { uint } from '../../vm/codec-scalar.ts'
import { EpioneError, systemCodeOf } from '../errors.ts'
import { homePaths } from '../home.ts'

function unfit(what: string, message: string, cause: unknown): EpioneError {
  return new EpioneError({
    code: 'INPUT_INVALID',
    message: `${what}: ${message}`,
    hint: 'correct it and run the command again; --help shows an example',
    cause,
  })
}

export async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
}

/** The data folder of a home that holds a chain: opening would make what is missing. */
export async function dataOf(home: string): Promise<string> {
  const { data } = homePaths(home)
  if (await isFolder(data)) return data
  throw new EpioneError({
    code: 'HOME_INVALID',
    message: `${home} holds no chain`,
    hint: 'name the home of a node that has run, such as NETWORK/validators/NAME',
  })
}

async function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: unknown) => {
    throw unfit(path, `cannot be read (${systemCodeOf(error) ?? 'unknown'})`, error)
  })
}

function parseJson(what: string, text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue
  } catch (error) {
    throw unfit(what, 'not JSON', error)
  }
}

/** JSON written in the argument itself, or in the file after an @. */
export async function jsonArgument(argument: string): Promise<JsonValue> {
  if (!argument.startsWith('@')) return parseJson('the JSON argument', argument)
  const path = argument.slice(1)
  return parseJson(path, await readText(path))
}

/** Runs what throws CodecError about foreign input, and names the input. */
export function checked<T>(what: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof CodecError) throw unfit(what, error.message, error)
    throw error
  }
}

/** The number that a flag was given in digits: an empty shell variable is none, and not 0. */
export function wholeNumber(
  flag: string,
  text: string,
  [min, max]: readonly number[] = [],
): number {
  const value = /^[0-9]+$/.test(text) ? Number(text) : text
  return checked(flag, () => uint(max, min).fromJson(value))
}

export async function readJsonFile<T>(path: string, codec: Pick<Codec<T>, 'fromJson'>): Promise<T> {
  const json = parseJson(path, await readText(path))
  return checked(path, () => codec.fromJson(json))
}
