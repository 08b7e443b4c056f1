// A node's RPC: whatever text comes has one answer, with its own id, and none of them is a bug.
import { silentLogger } from '../../node/logger.ts'
import { createDispatcher } from '../../node/rpc/dispatcher.ts'
import { rpcLimits } from '../../node/rpc/limits.ts'
import type { Method } from '../../node/rpc/method.ts'
import { createMethods } from '../../node/rpc/methods.ts'
import { createWaits } from '../../node/rpc/waits.ts'
import { createTestChain, type TestChain } from '../node/rpc/chain.ts'
import { createRandom, type Random } from '../sim/random.ts'
import { type Reading, type Target, textOf, utf8, type Valid } from './target.ts'

/** Nothing is waited for: a call that would wait has its answer at once. */
const limits = { ...rpcLimits, requestTimeoutMs: 2, waitMs: 1 }

type Answer = {
  readonly jsonrpc: string
  readonly id: unknown
  readonly result?: unknown
  readonly error?: {
    readonly code: number
    readonly message: string
    readonly data: { code: string }
  }
}

const ids = ['1', '"a"', '9007199254740993', '9007199254740992', '1e400', '-1', 'null', '1.5']

/** Parameters that fit, by what the method's own description says of them; a method's example now and then. */
function parametersOf(method: Method, chain: TestChain, random: Random): object {
  const known: Readonly<Record<string, unknown>> = {
    height: random.pick([0, 1, 2, 3, 99, Number.MAX_SAFE_INTEGER]),
    from: random.pick([0, 1, 2, 2 ** 48]),
    account: chain.account(random.below(5)),
    recipient: chain.account(random.below(5)),
    id: chain.ledger.receipts(1)?.[0]?.txId ?? '0x',
    cursor: random.pick(['0-0', '1-0', '999999999999999-0', '281474976710656-1']),
    minHeight: random.pick([0, 1, 3, Number.MAX_SAFE_INTEGER]),
    limit: random.pick([1, 100]),
    proofs: random.chance(0.5),
    app: random.pick([1, 2, 3, 255]),
    key: random.pick(['organizations', 'balance/x', '', 'x'.repeat(512)]),
    timeoutMs: 1,
  }
  const example: Record<string, unknown> = { ...method.example }
  for (const { name } of method.parameters) {
    if (Object.hasOwn(known, name) && random.chance(0.7)) example[name] = known[name]
  }
  if (method.reads && random.chance(0.1)) example['minHeight'] = known['minHeight']
  return example
}

function bodies(methods: readonly Method[], chain: TestChain): Target['valid'] {
  const call = (random: Random): string => {
    const method = random.pick(methods)
    const params = JSON.stringify(parametersOf(method, chain, random))
    const id = random.chance(0.1) ? '' : `"id":${random.pick(ids)},`
    return `{"jsonrpc":"2.0",${id}"method":"${method.name}","params":${params}}`
  }
  return (seed, count) =>
    Array.from({ length: count }, (_, place): Valid => {
      const random = createRandom(seed + place)
      if (random.chance(0.8)) return { bytes: utf8(call(random)) }
      const size = random.pick([0, 1, 3, 3, 50, 51])
      return { bytes: utf8(`[${Array.from({ length: size }, () => call(random)).join(',')}]`) }
    })
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isNotification(item: unknown): boolean {
  if (!isObject(item) || Object.hasOwn(item, 'id') || item['jsonrpc'] !== '2.0') return false
  const { method, params = {} } = item
  return typeof method === 'string' && typeof params === 'object' && params !== null
}

function judgeAnswer(answer: Answer, item: unknown): void {
  const { id, error } = answer
  if (answer.jsonrpc !== '2.0') throw new Error('no JSON-RPC 2.0')
  if ((error === undefined) === (answer.result === undefined))
    throw new Error('neither result nor error, or both')
  if (error?.data.code === 'INTERNAL')
    throw new Error(`a bug, in answer to ${JSON.stringify(item).slice(0, 500)}`)
  const asked = isObject(item) && Object.hasOwn(item, 'id') ? item['id'] : null
  const isId = asked === null || typeof asked === 'string' || typeof asked === 'number'
  if (`${id}` !== `${isId ? asked : null}`) throw new Error(`the id ${id} for ${asked}`)
}

/** What the text asks for, undefined if that is nothing. */
function parsed(text: string): { readonly json: unknown } | undefined {
  try {
    return { json: JSON.parse(text) }
  } catch {
    return undefined
  }
}

function judgeText(text: string, reply: string | undefined): Reading {
  const question = parsed(text)
  if (reply === undefined) {
    const items = Array.isArray(question?.json) ? question.json : [question?.json]
    if (!items.every(isNotification)) throw new Error('no answer')
    return { kind: 'accepted', value: null }
  }
  if (reply.length > limits.responseBytes) throw new Error(`an answer of ${reply.length}`)
  const answer = JSON.parse(reply) as Answer | Answer[]
  if (!Array.isArray(answer)) {
    const isRefusedBatch = Array.isArray(question?.json)
    judgeAnswer(answer, isRefusedBatch ? undefined : question?.json)
    return answer.error === undefined
      ? { kind: 'accepted', value: null }
      : { kind: 'refused', reason: answer.error.message }
  }
  const items = ((question?.json ?? []) as unknown[]).filter((item) => !isNotification(item))
  if (items.length !== answer.length) throw new Error(`${answer.length} answers to ${items.length}`)
  for (const [place, one] of answer.entries()) judgeAnswer(one, items[place])
  return { kind: 'accepted', value: null }
}

/** A chain with two blocks, and the dispatcher of its node. */
export async function rpcTarget(): Promise<Target> {
  const chain = await createTestChain({ validators: 1 })
  for (const to of [1, 2]) {
    const { bytes } = await chain.transfer({ from: 0, to, amount: '5' })
    await chain.port.submit(bytes)
    await chain.commit()
  }
  const methods = createMethods(chain.ledger.rules, '0.1.0')
  const parts = { methods, port: chain.port, limits, waits: createWaits(chain.port) }
  const { handle } = createDispatcher({
    ...parts,
    log: silentLogger(),
    observe: () => undefined,
  })
  const valid = bodies(methods, chain)
  const { signal } = new AbortController()
  return {
    name: 'rpc',
    form: 'json',
    sizeMax: rpcLimits.bodyBytes,
    isSlow: true,
    // A body that fits may still be answered by an error: there is no such height, no such account.
    valid,
    read: async (input) => {
      const text = textOf(input)
      const reading = judgeText(
        text,
        await handle(text, { subscriptions: undefined, signal: () => signal }),
      )
      return reading.kind === 'refused' && parsed(text) !== undefined
        ? { kind: 'accepted', value: null }
        : reading
    },
  }
}
