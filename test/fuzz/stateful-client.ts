// A client that believes proofs: a node's answer that was changed is refused, or shows what the unchanged one showed.
import { isDeepStrictEqual } from 'node:util'
import { BANK, balances } from '../../apps/bank/state.ts'
import {
  absenceAnswer,
  eventsAnswer,
  receiptAnswer,
  stateAnswer,
  transactionAnswer,
} from '../../client/answers.ts'
import { verifyAnswer, verifyEvents } from '../../client/verify.ts'
import { verifySignature } from '../../node/crypto/ed25519.ts'
import { silentLogger } from '../../node/logger.ts'
import { createDispatcher } from '../../node/rpc/dispatcher.ts'
import { rpcLimits } from '../../node/rpc/limits.ts'
import { createMethods } from '../../node/rpc/methods.ts'
import { createWaits } from '../../node/rpc/waits.ts'
import { CodecError } from '../../vm/codec.ts'
import { createTestChain, type TestChain } from '../node/rpc/chain.ts'
import { refusedBy, type Target, textOf, utf8 } from './target.ts'

type Verdict =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly fault: string }

type Question = {
  readonly method: string
  readonly params: object
  /** What the answer shows by its proofs alone. Throws CodecError for another form. */
  readonly judge: (answer: unknown) => Verdict
}

function questionsOf(chain: TestChain, id: `0x${string}`): readonly Question[] {
  const judgement = { nowMs: chain.clock.nowMs, verifySignature }
  const view = chain.view()
  const recipient = chain.account(1)
  const stranger = chain.account(4)
  const states = [balances.key(recipient, 'USD'), { app: BANK, key: 'no/such/key' }]
  return [
    ...states.map((at) => ({
      ...{ method: 'state_value', params: at },
      judge: (json: unknown) =>
        verifyAnswer(view, { kind: 'state', at, answer: stateAnswer.fromJson(json) }, judgement),
    })),
    {
      ...{ method: 'tx_receipt', params: { id } },
      judge: (json) =>
        verifyAnswer(
          view,
          { kind: 'receipt', id, answer: receiptAnswer.fromJson(json) },
          judgement,
        ),
    },
    {
      ...{ method: 'tx_get', params: { id } },
      judge: (json) => {
        const answer = transactionAnswer.fromJson(json)
        return verifyAnswer(view, { kind: 'transaction', id, answer }, judgement)
      },
    },
    {
      ...{ method: 'events_proveNone', params: { block: 1, recipient: stranger } },
      judge: (json) => {
        const [block, answer] = [1, absenceAnswer.fromJson(json)]
        const question = { kind: 'no-events', block, recipient: stranger, answer } as const
        return verifyAnswer(view, question, judgement)
      },
    },
    {
      ...{ method: 'events_list', params: { recipient, proofs: true } },
      judge: (json) => {
        const shown = verifyEvents(
          view,
          { recipient, answer: eventsAnswer.fromJson(json) },
          judgement,
        )
        return shown.ok ? { ok: true, value: shown.events } : shown
      },
    },
  ]
}

/** Leaving events out is no lie that a page's proofs can show; the rest is as it was. */
function isShown(value: unknown, truth: unknown): boolean {
  if (!Array.isArray(truth)) return isDeepStrictEqual(value, truth)
  return (value as unknown[]).every((one) => truth.some((true_) => isDeepStrictEqual(one, true_)))
}

export async function clientTarget(): Promise<Target> {
  const chain = await createTestChain()
  const { id, bytes } = await chain.transfer({ from: 0, to: 1, amount: '250' })
  await chain.port.submit(bytes)
  await chain.commit()
  const { handle } = createDispatcher({
    methods: createMethods(chain.ledger.rules, '0.1.0'),
    ...{ port: chain.port, limits: rpcLimits, waits: createWaits(chain.port) },
    ...{ log: silentLogger(), observe: () => undefined },
  })
  const { signal } = new AbortController()
  const questions = questionsOf(chain, id)
  const answers: unknown[] = []
  for (const { method, params } of questions) {
    const text = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
    const reply = JSON.parse(
      (await handle(text, { subscriptions: undefined, signal: () => signal })) ?? '',
    )
    if (reply.error !== undefined) throw new Error(`${method}: ${reply.error.message}`)
    answers.push(reply.result)
  }
  const truths = questions.map(({ judge }, place) => {
    const verdict = judge(answers[place])
    if (!verdict.ok) throw new Error(verdict.fault)
    return verdict.value
  })
  return {
    name: 'client-answers',
    form: 'json',
    isSlow: true,
    valid: () =>
      answers.map((answer, place) => ({ bytes: utf8(JSON.stringify({ place, answer })) })),
    read: (input) => {
      try {
        const { place, answer } = JSON.parse(textOf(input)) ?? {}
        const verdict = questions.at(Number.isInteger(place) ? place : -9)?.judge(answer) ?? {
          ok: false,
          fault: 'no question',
        }
        if (!verdict.ok) return { kind: 'refused', reason: verdict.fault }
        if (!isShown(verdict.value, truths[place])) throw new Error('a lie was believed')
        return { kind: 'accepted', value: verdict.value }
      } catch (error) {
        return refusedBy([CodecError, SyntaxError], error)
      }
    },
  }
}
