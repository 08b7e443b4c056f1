// Values that differ from a valid one in one place, for what must bind every place.
import type { JsonValue } from '../../vm/codec.ts'

function flipped(hex: string): string {
  const last = Number.parseInt(hex.slice(-2), 16) ^ 1
  return hex.slice(0, -2) + last.toString(16).padStart(2, '0')
}

/** All values that differ from `json` in one leaf, with the path of the leaf. */
export function mutations(
  json: JsonValue,
  path = '',
): readonly { readonly path: string; readonly json: JsonValue }[] {
  const one = (changed: JsonValue) => [{ path, json: changed }]
  if (json === null) return one(`0x${'01'.repeat(32)}`)
  if (typeof json === 'number') return one(json + 1)
  if (typeof json === 'boolean') return one(!json)
  if (typeof json === 'string') {
    if (json.startsWith('0x')) return one(flipped(json))
    if (json === 'masked') return one('scalar')
    if (json === 'shared') return one('capped')
    if (json === 'scalar') return one('masked')
    return one(/^[0-9]+$/.test(json) ? `${BigInt(json) + 1n}` : json.replace(/.$/, 'Z'))
  }
  if (Array.isArray(json))
    return json.flatMap((item, place) =>
      mutations(item, `${path}[${place}]`).map((changed) => ({
        path: changed.path,
        json: json.map((same, i) => (i === place ? changed.json : same)),
      })),
    )
  return Object.entries(json).flatMap(([key, item]) =>
    key === 'kind'
      ? []
      : mutations(item, `${path}.${key}`).map((changed) => ({
          path: changed.path,
          json: { ...json, [key]: changed.json },
        })),
  )
}
