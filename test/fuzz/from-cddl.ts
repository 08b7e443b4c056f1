// Arbitrary CBOR values of a codec's form, derived from the CDDL expression that every codec carries.
import fc from 'fast-check'
import type { CborValue, Codec } from '../../vm/codec.ts'

type Arbitrary = fc.Arbitrary<CborValue>

/** Words of fields whose form CDDL does not say, by the name of the field. */
const words: Readonly<Record<string, readonly string[]>> = {
  kind: ['bank.paid', 'a.b', 'vault.query-open'],
  code: ['', 'OK', 'A_1', 'NO_MONEY'],
  items: ['', 'REFUSED'],
  name: ['clinic', 'a-1', '0', 'Klinik Süd', 'x'.repeat(40)],
  currency: ['USD', 'EUR'],
  prefix: ['', '0', '0af', 'f'.repeat(64)],
  addresses: ['/ip4/127.0.0.1/tcp/8646', '/dns4/a.example/tcp/1', '/a/B'],
}

/** A text may be long, several bytes a letter, or hard to tell from another. */
function textOf(field: string, sizeMax: number): fc.Arbitrary<string> {
  const known = words[field]
  const free = fc.oneof(
    fc.string({ maxLength: Math.min(sizeMax, 12) }),
    fc.string({ maxLength: Math.min(sizeMax, 12), unit: 'grapheme' }),
    fc.constantFrom('', 'é', '\u{1f600}', 'a\ufeff', '\ufffd', '\uffff', 'e\u0301', '0'),
    fc.nat(Math.min(sizeMax, 300)).map((size) => 'a'.repeat(size)),
  )
  return known === undefined
    ? free
    : fc.oneof({ weight: 15, arbitrary: fc.constantFrom(...known) }, { weight: 1, arbitrary: free })
}

function integer(low: number, high: number): Arbitrary {
  const edges = [low, low + 1, 23, 24, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, high]
  return fc.oneof(
    fc.constantFrom(...edges.filter((edge) => edge >= low && edge <= high)),
    fc.maxSafeInteger().map((any) => low + (Math.abs(any) % (high - low + 1))),
  )
}

/** Sizes of which the head of a byte string takes one, two and three bytes. */
function byteString(low: number, high: number): Arbitrary {
  const top = Math.min(high, low + 40)
  const sizes = [low, 23, 24, 255, 256, 300].filter((size) => size >= low && size <= high)
  const size = fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: low, max: top }) },
    { weight: 1, arbitrary: fc.constantFrom(...sizes, low) },
  )
  return size.chain((length) =>
    fc.oneof(
      fc.uint8Array({ minLength: length, maxLength: length }).map((all) => Uint8Array.from(all)),
      fc.nat(255).map((byte) => new Uint8Array(length).fill(byte)),
    ),
  )
}

function amounts(): Arbitrary {
  return fc.oneof(
    fc.nat(300).map(Number),
    fc.constantFrom(2 ** 53 - 1, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n),
    fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }),
  )
}

/** Anything within the subset of CBOR: what a codec that hands items on raw lets through. */
const anything: Arbitrary = fc.letrec<{ item: CborValue }>((tie) => ({
  item: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'cbor' },
    fc.oneof(amounts(), textOf('', 20), byteString(0, 40), fc.boolean(), fc.constant(null)),
    fc.array(tie('item'), { maxLength: 4, depthIdentifier: 'cbor' }),
  ),
})).item

const tokenPattern =
  /\s*(\.size|\.\.|&\(|[[\](),/*:]|[0-9]+|[a-zA-Z](?:[a-zA-Z0-9-]|\.(?=[a-z0-9]))*)/gy

/** Reads the part of CDDL that the codecs write: arrays, groups of names, ranges, sizes, choices, rules. */
class Reader {
  readonly #tokens: readonly string[]
  readonly #rules: ReadonlyMap<string, string>
  #at = 0

  constructor(expression: string, rules: ReadonlyMap<string, string>) {
    this.#tokens = [...expression.matchAll(tokenPattern)].map(([, token = '']) => token)
    if (this.#tokens.join('') !== expression.replaceAll(/\s/g, '')) throw new Error(expression)
    this.#rules = rules
  }

  #peek(ahead = 0): string {
    return this.#tokens[this.#at + ahead] ?? ''
  }

  #take(expected?: string): string {
    const token = this.#peek()
    if (expected !== undefined && token !== expected)
      throw new Error(`expected ${expected}, found ${token} in ${this.#tokens.join(' ')}`)
    this.#at += 1
    return token
  }

  #number(): number {
    return Number(this.#take())
  }

  /** Alternatives, all equally likely. */
  choice(field: string): Arbitrary {
    const first = this.#single(field)
    const all = [first]
    while (this.#peek() === '/') {
      this.#take('/')
      all.push(this.#single(field))
    }
    return all.length === 1 ? first : fc.oneof(...all)
  }

  #single(field: string): Arbitrary {
    const token = this.#take()
    switch (token) {
      case '[':
        return this.#array(field)
      case '&(':
        return this.#words()
      case 'null':
        return fc.constant(null)
      case 'bool':
        return fc.boolean()
      case 'uint':
        return amounts()
      case 'any':
        return anything
      case 'bytes':
        return byteString(...this.#size())
      case 'tstr':
        return textOf(field, this.#size()[1] / 4)
      default:
        return /^[0-9]/.test(token) ? this.#range(Number(token)) : this.#rule(token, field)
    }
  }

  #rule(name: string, field: string): Arbitrary {
    const rule = this.#rules.get(name)
    if (rule === undefined) throw new Error(`no rule ${name}`)
    return new Reader(rule, this.#rules).choice(field)
  }

  #range(low: number): Arbitrary {
    if (this.#peek() !== '..') return fc.constant(low)
    this.#take('..')
    return integer(low, this.#number())
  }

  #size(): [number, number] {
    this.#take('.size')
    if (this.#peek() !== '(') {
      const size = this.#number()
      return [size, size]
    }
    this.#take('(')
    const low = this.#number()
    this.#take('..')
    const high = this.#number()
    this.#take(')')
    return [low, high]
  }

  #words(): Arbitrary {
    const numbers: number[] = []
    while (this.#peek() !== ')') {
      this.#take()
      this.#take(':')
      numbers.push(this.#number())
      if (this.#peek() === ',') this.#take()
    }
    this.#take(')')
    return fc.constantFrom(...numbers)
  }

  #array(field: string): Arbitrary {
    if (this.#peek(1) === '*') {
      const min = this.#number()
      this.#take('*')
      const max = this.#number()
      const item = this.choice(field)
      this.#take(']')
      const few = { minLength: min, maxLength: Math.min(max, min + 5) }
      const many = { minLength: min, maxLength: Math.min(max, min + 40), size: 'max' } as const
      return fc.oneof(
        { weight: 20, arbitrary: fc.array(item, few) },
        { weight: 1, arbitrary: fc.array(item, many) },
      )
    }
    const items: Arbitrary[] = []
    while (this.#peek() !== ']') {
      const name = this.#peek(1) === ':' ? this.#take() : undefined
      if (name !== undefined) this.#take(':')
      items.push(this.choice(name ?? field))
      if (this.#peek() === ',') this.#take()
    }
    this.#take(']')
    return fc.tuple(...items)
  }
}

/** Values of the codec's form; a few of them the codec still refuses, for what CDDL cannot say. */
export function arbitraryOf(codec: Pick<Codec<never>, 'cddl'>): fc.Arbitrary<CborValue> {
  return new Reader(codec.cddl.expression, codec.cddl.rules).choice('')
}
