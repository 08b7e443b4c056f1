// A small assembler for WebAssembly: instructions as bytes, and a module of functions over one memory.

/** Instructions, encoded. */
export type Code = readonly number[]

function unsigned(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80)
    rest >>>= 7
  }
  return [...bytes, rest]
}

function signed(value: bigint): number[] {
  const bytes: number[] = []
  let rest = value
  while (rest < -64n || rest > 63n) {
    bytes.push(Number(rest & 0x7fn) | 0x80)
    rest >>= 7n
  }
  return [...bytes, Number(rest & 0x7fn)]
}

const NO_BLOCK_TYPE = 0x40

export const get = (local: number): Code => [0x20, ...unsigned(local)]
export const set = (local: number, value: Code): Code => [...value, 0x21, ...unsigned(local)]
export const call = (index: number, ...values: readonly Code[]): Code => [
  ...values.flat(),
  0x10,
  ...unsigned(index),
]

const binary =
  (opcode: number) =>
  (left: Code, right: Code): Code => [...left, ...right, opcode]

/** 32-bit integers: addresses, counters, flags. */
export const i32 = {
  constant: (value: number): Code => [0x41, ...signed(BigInt(value))],
  load: (address: Code, offset = 0): Code => [...address, 0x28, 2, ...unsigned(offset)],
  add: binary(0x6a),
  sub: binary(0x6b),
  mul: binary(0x6c),
  and: binary(0x71),
  isBelow: binary(0x49),
}

/** 64-bit integers: limbs and their products. */
export const i64 = {
  constant: (value: bigint): Code => [0x42, ...signed(value)],
  load: (address: Code, offset: number): Code => [...address, 0x29, 0, ...unsigned(offset)],
  store: (address: Code, offset: number, value: Code): Code => [
    ...address,
    ...value,
    ...[0x37, 0],
    ...unsigned(offset),
  ],
  /** A 32-bit value in memory, with its sign. */
  load32: (address: Code, offset: number): Code => [...address, 0x34, 2, ...unsigned(offset)],
  store32: (address: Code, offset: number, value: Code): Code => [
    ...address,
    ...value,
    ...[0x3e, 2],
    ...unsigned(offset),
  ],
  add: binary(0x7c),
  sub: binary(0x7d),
  mul: binary(0x7e),
  and: binary(0x83),
  or: binary(0x84),
  shiftLeft: (value: Code, bits: number): Code => [...value, ...i64.constant(BigInt(bits)), 0x86],
  shiftRight: (value: Code, bits: number): Code => [...value, ...i64.constant(BigInt(bits)), 0x87],
}

const simd = (opcode: number): Code => [0xfd, ...unsigned(opcode)]

const vector =
  (opcode: number) =>
  (left: Code, right: Code): Code => [...left, ...right, ...simd(opcode)]

/** The bytes of equal lanes of that many bits. */
function lanes(value: bigint, bits: 32 | 64): Code {
  const bytes = Array.from({ length: bits / 8 }, (_, at) =>
    Number((value >> BigInt(8 * at)) & 0xffn),
  )
  return [...simd(12), ...new Array<Code>(128 / bits).fill(bytes).flat()]
}

/** Two values side by side: two 64-bit lanes, or the low two of four 32-bit lanes. */
export const v128 = {
  /** 32-bit values from two addresses into the low lanes. */
  loadPair: (first: Code, second: Code, offset: number): Code => [
    ...second,
    ...[...first, ...simd(0x5c), 2, ...unsigned(offset)],
    ...[...simd(0x56), 2, ...unsigned(offset), 1],
  ],
  /** The low halves of both 64-bit lanes to two addresses. */
  storePair: (first: Code, second: Code, place: { offset: number; value: Code }): Code => [
    ...[...first, ...place.value, ...simd(0x5a), 2, ...unsigned(place.offset), 0],
    ...[...second, ...place.value, ...simd(0x5a), 2, ...unsigned(place.offset), 2],
  ],
  add32: vector(0xae),
  mul32: (value: Code, factor: number): Code => [
    ...value,
    ...lanes(BigInt(factor), 32),
    ...simd(0xb5),
  ],
  /** 64-bit products of the low 32-bit lanes, signed. */
  mulWide: vector(0xdc),
  add: vector(0xce),
  sub: vector(0xd1),
  constant: (value: bigint): Code => lanes(value, 64),
  shiftLeft: (value: Code, bits: number): Code => [...value, ...i32.constant(bits), ...simd(0xcb)],
  shiftRight: (value: Code, bits: number): Code => [...value, ...i32.constant(bits), ...simd(0xcc)],
}

/** Repeats the body until the condition, asked before it, fails. */
export const loopWhile = (condition: Code, body: Code): Code => [
  ...[0x02, NO_BLOCK_TYPE, 0x03, NO_BLOCK_TYPE],
  ...condition,
  ...[0x45, 0x0d, 1],
  ...body,
  ...[0x0c, 0, 0x0b, 0x0b],
]

export const choose = (condition: Code, yes: Code, no: Code): Code => [
  ...condition,
  ...[0x04, NO_BLOCK_TYPE],
  ...yes,
  0x05,
  ...no,
  0x0b,
]

/** A function of 32-bit parameters without a result; locals count on from the parameters, the narrow ones first. */
export type Routine = {
  readonly name: string
  readonly parameters: number
  readonly locals32?: number
  readonly locals64?: number
  readonly locals128?: number
  readonly code: Code
}

const I32 = 0x7f
const I64 = 0x7e
const V128 = 0x7b

function section(id: number, entries: readonly Code[]): number[] {
  const body = [...unsigned(entries.length), ...entries.flat()]
  return [id, ...unsigned(body.length), ...body]
}

function text(name: string): number[] {
  return [...unsigned(name.length), ...[...name].map((letter) => letter.charCodeAt(0))]
}

function bodyOf({ locals32 = 0, locals64 = 0, locals128 = 0, code }: Routine): number[] {
  const groups = [
    [...unsigned(locals32), I32],
    [...unsigned(locals64), I64],
  ]
  const locals = [3, ...groups.flat(), ...unsigned(locals128), V128]
  const body = [...locals, ...code, 0x0b]
  return [...unsigned(body.length), ...body]
}

/** A module that exports all routines, which call each other by their place in the list, and its memory. */
export function assemble(routines: readonly Routine[], pages: number): Uint8Array<ArrayBuffer> {
  const typeOf = ({ parameters }: Routine): Code => [
    ...[0x60, ...unsigned(parameters)],
    ...new Array<number>(parameters).fill(I32),
    0,
  ]
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, routines.map(typeOf)),
    ...section(
      3,
      routines.map((_, index) => unsigned(index)),
    ),
    ...section(5, [[0, ...unsigned(pages)]]),
    ...section(7, [
      [...text('memory'), 2, 0],
      ...routines.map(({ name }, index) => [...text(name), 0, ...unsigned(index)]),
    ]),
    ...section(10, routines.map(bodyOf)),
  ])
}
