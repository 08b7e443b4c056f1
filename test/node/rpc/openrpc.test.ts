// The OpenRPC document: of the form that the specification demands, and true: every example runs, every answer fits.
import { test } from 'tap'
import { z } from 'zod'
import { toHex } from '../../../vm/bytes.ts'
import { serve } from './serve.ts'

const schema = z.looseObject({})
const descriptor = z.strictObject({
  name: z.string().min(1),
  summary: z.string().optional(),
  required: z.boolean().optional(),
  schema,
})

/** Sections "OpenRPC Object" to "Error Object" of the OpenRPC specification 1.3, as far as they are used. */
const document = z.strictObject({
  openrpc: z.string().regex(/^1\.[0-9]+\.[0-9]+$/),
  info: z.strictObject({
    title: z.string(),
    version: z.string(),
    description: z.string(),
    license: z.strictObject({ name: z.string() }),
  }),
  methods: z.array(
    z.strictObject({
      name: z.string().min(1),
      summary: z.string().min(1),
      paramStructure: z.enum(['by-name', 'by-position', 'either']),
      params: z.array(descriptor),
      result: descriptor,
      errors: z.array(z.strictObject({ code: z.int(), message: z.string() })),
      examples: z.array(
        z.strictObject({
          name: z.string(),
          params: z.array(z.strictObject({ name: z.string(), value: z.unknown() })),
        }),
      ),
    }),
  ),
})

test('the document has the form of the specification', async (t) => {
  const { call } = await serve(t)
  const parsed = document.parse((await call('rpc.discover')).result)
  const names = parsed.methods.map(({ name }) => name)
  t.equal(new Set(names).size, names.length, 'each method once')
  for (const name of ['tx_submit', 'bank_balance', 'registry_account', 'chain_subscribe']) {
    t.ok(names.includes(name), name)
  }
  for (const { name, params, errors, paramStructure } of parsed.methods) {
    const required = params.slice(0, -1).map((one) => one.required === true)
    const sorted = required.toSorted((a, b) => Number(b) - Number(a))
    if (paramStructure === 'either') t.same(required, sorted, `${name}: optional ones last`)
    t.equal(new Set(params.map((one) => one.name)).size, params.length, `${name}: each name once`)
    t.equal(
      new Set(errors.map(({ code }) => code)).size,
      errors.length,
      `${name}: each number once`,
    )
  }
})

/** Refusals that an example may meet on a chain that holds nothing of what it speaks about. */
const harmless = new Set([
  'NOT_FOUND',
  'QUERY_REFUSED',
  'TX_MALFORMED',
  'SUBSCRIPTIONS_NEED_WEBSOCKET',
])

test('every example runs, and its answer fits the schema of the result', async (t) => {
  const { call } = await serve(t)
  const { methods } = document.parse((await call('rpc.discover')).result)
  for (const { name, examples, params, result } of methods) {
    const [example] = examples
    const given = Object.fromEntries(example?.params.map((one) => [one.name, one.value]) ?? [])
    for (const parameter of params) {
      if (!Object.hasOwn(given, parameter.name)) continue
      const fits = z.fromJSONSchema(parameter.schema).safeParse(given[parameter.name])
      t.ok(fits.success, `${name}: ${parameter.name} fits its schema`)
    }
    const answer = await call(name, given)
    if (answer.error !== undefined) {
      t.ok(harmless.has(answer.error.data.code), `${name}: ${answer.error.data.code}`)
      continue
    }
    const fits = z.fromJSONSchema(result.schema).safeParse(answer.result)
    t.ok(fits.success, `${name}: the answer fits (${fits.error?.message})`)
  }
})

test('the answers about a real transaction fit their schemas, too', async (t) => {
  const { chain, call } = await serve(t)
  const { methods } = document.parse((await call('rpc.discover')).result)
  const { id, bytes } = await chain.transfer({ from: 0, to: 1, amount: '5' })
  await call('tx_submit', [toHex(bytes)])
  await chain.commit()
  const holding = { account: chain.account(1), currency: 'USD' }
  const calls: readonly (readonly [string, unknown])[] = [
    ['tx_submit', [toHex(bytes)]],
    ['tx_submitAndWait', [toHex(bytes)]],
    ['tx_status', [id]],
    ['tx_receipt', [id]],
    ['tx_get', [id]],
    ['chain_block', [1, true]],
    ['events_list', { recipient: chain.account(1), proofs: true }],
    ['events_proveNone', [1, chain.account(2)]],
    ['bank_balance', holding],
    ['registry_account', { account: chain.account(1) }],
  ]
  for (const [name, params] of calls) {
    const { result } = await call(name, params)
    const described = methods.find((method) => method.name === name)
    const fits = z.fromJSONSchema(described?.result.schema ?? {}).safeParse(result)
    t.ok(result !== undefined && fits.success, `${name} (${fits.error?.message})`)
  }
})
