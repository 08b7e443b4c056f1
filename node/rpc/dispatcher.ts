// From the text of a message to the text of its answer: one call, or a batch with its bounds.
import { EpioneError } from '../errors.ts'
import { type Caller, type CallParts, createCalls, invalidRequest, tooLarge } from './call.ts'
import type { RpcLimits } from './limits.ts'
import { type Call, readMessage } from './request.ts'

export type Dispatcher = {
  /** The answer's text; undefined if the message holds only notifications. Never throws for what a client sends. */
  readonly handle: (text: string, caller: Caller) => Promise<string | undefined>
}

function tooMany(calls: number, limits: RpcLimits): EpioneError {
  return new EpioneError({
    code: 'LIMIT_EXCEEDED',
    message: `a batch has at most ${limits.batchItems} calls, found ${calls}`,
    hint: 'split the batch',
  })
}

function isNotification(call: Call): boolean {
  return call.kind === 'call' && call.id === undefined
}

export function createDispatcher(parts: CallParts): Dispatcher {
  const { limits } = parts
  const { answer, fail, isRead } = createCalls(parts)

  /**
   * Submissions wait for workers and blocks, side by side; reads run one after the other and end when the answer is full, so that
   * a batch never takes more memory than one answer may.
   */
  const answerAll = async (calls: readonly Call[], caller: Caller): Promise<string[]> => {
    const underWay = calls.map((call) => (isRead(call) ? undefined : answer(call, caller)))
    const texts: string[] = []
    let room = limits.responseBytes
    for (const [index, call] of calls.entries()) {
      const submission = underWay[index]
      const text =
        room <= 0 && submission === undefined ? '' : await (submission ?? answer(call, caller))
      if (text === undefined || isNotification(call)) continue
      room = text === '' ? 0 : room - text.length - 1
      texts.push(room > 0 ? text : fail(call.id ?? 'null', tooLarge(limits)))
    }
    return texts
  }

  const answerBatch = async (calls: readonly Call[], caller: Caller) => {
    if (calls.length === 0) return fail('null', invalidRequest('an empty batch'))
    if (calls.length > limits.batchItems) return fail('null', tooMany(calls.length, limits))
    const texts = await answerAll(calls, caller)
    return texts.length === 0 ? undefined : `[${texts.join(',')}]`
  }

  return {
    handle: async (text, caller) => {
      try {
        const message = readMessage(text)
        if (message.kind === 'single') return await answer(message.call, caller)
        return await answerBatch(message.calls, caller)
      } catch (error) {
        return fail('null', error)
      }
    },
  }
}
