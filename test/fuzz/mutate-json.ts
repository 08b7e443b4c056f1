// What is done to JSON: values of other types, unknown and repeated keys, numbers no machine holds, texts that are slow to refuse.
import type { Random } from '../sim/random.ts'

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/** Written as it is, so that numbers and keys can stand there that JSON.stringify would not write. */
class Verbatim {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

type Tree = null | boolean | number | string | Verbatim | Tree[] | { [key: string]: Tree }

/** Repeated parts that a pattern can divide in many ways, and an end that fits none. */
const pumps = ['/a', 'a', '0', 'a.', '-a', '/ip4/1', ' ', '\u{1f600}', '\\', '9']

function odd(random: Random): Tree {
  const numbers = ['1e400', '-0', '1.0', '9007199254740993', '1e-9', '123456789012345678901', '2e2']
  const words = ['', '\u0000', '\ud800', '\ufeff', '__proto__', 'constructor', '0x', '0xAB', '0x0']
  const choices: readonly (() => Tree)[] = [
    () => null,
    () => random.chance(0.5),
    () => random.pick([0, 1, -1, 0.5, 2 ** 53, 2 ** 53 - 1, -1e308, 4_294_967_296]),
    () => new Verbatim(random.pick(numbers)),
    () => random.pick(words),
    () => random.pick(pumps).repeat(1 + random.below(120)) + random.pick(['', '/', '!', '\n']),
    () => `0x${'ab'.repeat(random.below(80))}`,
    () => [],
    () => ({}),
    () => [null, [], {}],
    () => ({ kind: 'nothing', id: 1 }),
    () => new Verbatim('{"a":1,"a":2}'),
    () => {
      const depth = random.chance(0.02) ? 20_000 : 1 + random.below(80)
      return new Verbatim(`${'['.repeat(depth)}${']'.repeat(depth)}`)
    },
  ]
  return random.pick(choices)()
}

type Place = { readonly in: { [key: string]: Tree } | Tree[]; readonly key: string }

function placesOf(tree: Tree, places: Place[] = []): Place[] {
  if (typeof tree !== 'object' || tree === null || tree instanceof Verbatim) return places
  for (const key of Object.keys(tree)) {
    places.push({ in: tree, key })
    placesOf((tree as { [key: string]: Tree })[key] ?? null, places)
  }
  return places
}

function write(tree: Tree): string {
  if (tree instanceof Verbatim) return tree.text
  if (Array.isArray(tree)) return `[${tree.map(write).join(',')}]`
  if (typeof tree !== 'object' || tree === null) return JSON.stringify(tree)
  const entries = Object.entries(tree).map(
    ([key, value]) => `${JSON.stringify(key)}:${write(value)}`,
  )
  return `{${entries.join(',')}}`
}

function set({ in: parent, key }: Place, value: Tree): void {
  Object.defineProperty(parent, key, {
    ...{ value, writable: true, enumerable: true, configurable: true },
  })
}

function get({ in: parent, key }: Place): Tree {
  return (parent as { [key: string]: Tree })[key] ?? null
}

const changes: readonly ((place: Place, places: readonly Place[], random: Random) => void)[] = [
  (place, _, random) => set(place, odd(random)),
  (place, _, random) => set(place, odd(random)),
  (place) => {
    if (Array.isArray(place.in)) place.in.splice(Number(place.key), 1)
    else delete place.in[place.key]
  },
  (place, places, random) => set(place, structuredCloneOf(get(random.pick(places)))),
  (place, _, random) => {
    if (Array.isArray(place.in)) place.in.push(odd(random))
    else set({ in: place.in, key: random.pick(['unknown', '__proto__', '', 'kind']) }, odd(random))
  },
  (place, _, random) => {
    const value = get(place)
    if (typeof value === 'number') set(place, value + random.pick([-1, 1, 0.5, 2 ** 40]))
    if (typeof value === 'string') set(place, changed(value, random))
  },
  // The same key once more, which JSON allows and nobody means.
  (place, _, random) => {
    if (Array.isArray(place.in)) return
    const value = write(get(place))
    set(place, new Verbatim(`${value},${JSON.stringify(place.key)}:${write(odd(random))}`))
  },
]

function structuredCloneOf(tree: Tree): Tree {
  return tree instanceof Verbatim ? tree : (JSON.parse(write(tree)) as Json)
}

function changed(text: string, random: Random): string {
  const at = random.below(text.length + 1)
  const part = random.pick(['', 'A', 'g', ' ', '/', '\ufeff', '\u0000', '0', text])
  return text.slice(0, at) + part + text.slice(at + random.below(3))
}

/** The text with one to three places changed; undefined if the text is no JSON object or array. */
export function changeJson(text: string, random: Random): string | undefined {
  const tree = JSON.parse(text) as Tree
  for (let count = 1 + random.below(3); count > 0; count--) {
    const places = placesOf(tree)
    if (places.length === 0) return undefined
    try {
      random.pick(changes)(random.pick(places), places, random)
    } catch (error) {
      // A value of 20,000 brackets cannot be copied; it stays where it is.
      if (!(error instanceof RangeError)) throw error
    }
  }
  return write(tree)
}
