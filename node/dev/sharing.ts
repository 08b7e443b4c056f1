// The two sharings of the sample: who records, who helps, and which invoices are whose.
import { EpioneError } from '../errors.ts'
import type { Dataset } from '../synthea/dataset.ts'

export const sharings = ['M', 'L'] as const
/** M: one threshold key for several hospitals. L: replicated shares under the keys of one owner. */
export type Sharing = (typeof sharings)[number]

export type Party = { readonly name: string; readonly home: string }

type Sizes = {
  readonly hospitals: number
  readonly helpers: number
  /** Helpers that suffice for an answer. */
  readonly threshold: number
  /** Helpers that must have acknowledged before anybody records. */
  readonly minimum: number
}

/** Shares under the keys of different owners cannot be added, so L has one owner for all facilities. */
export const sizesOf: Readonly<Record<Sharing, Sizes>> = {
  M: { hospitals: 4, helpers: 5, threshold: 3, minimum: 4 },
  L: { hospitals: 1, helpers: 3, threshold: 2, minimum: 2 },
}

function names(what: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${what}-${index + 1}`)
}

export function hospitalsOf(sharing: Sharing): readonly string[] {
  return names('hospital', sizesOf[sharing].hospitals)
}

export function helpersOf(sharing: Sharing): readonly string[] {
  return names('helper', sizesOf[sharing].helpers)
}

/** Name of the account whose bond stands for what the hospital writes: with keys that it dealt itself the writer's; else its admin's. */
export function liableFor(sharing: Sharing, hospital: string): string {
  return sharing === 'L' ? hospital : `${hospital}-admin`
}

/** The facilities of each hospital: sorted by id and dealt like cards. */
export function dealFacilities(
  { facilities }: Pick<Dataset, 'facilities'>,
  sharing: Sharing,
): ReadonlyMap<string, readonly string[]> {
  const hospitals = hospitalsOf(sharing)
  const sorted = facilities.toSorted()
  return new Map(
    hospitals.map((name, place) => [
      name,
      sorted.filter((_, index) => index % hospitals.length === place),
    ]),
  )
}

/** For callers that check options. */
export function requireSharing(text: string): Sharing {
  const found = sharings.find((sharing) => sharing === text.toUpperCase())
  if (found !== undefined) return found
  throw new EpioneError({
    code: 'USAGE',
    message: `--sharing takes M or L, not ${text}`,
    hint: 'M: one threshold key for several hospitals; L: replicated shares of one owner',
  })
}
