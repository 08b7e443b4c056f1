// JSON-RPC batches to nodes that may be dead, paused or lying in the dark: an answer in time, or none.

export type RpcCall = { readonly method: string; readonly params: object }
export type RpcAnswer = {
  readonly result?: unknown
  readonly error?: {
    readonly message?: string
    readonly data?: { readonly code?: string; readonly lowest?: number }
  }
}

const TIMEOUT_MS = 5_000

/** Answers in the order of the calls; undefined if the node did not answer all of them in time. */
export async function rpcBatch(
  url: string,
  calls: readonly RpcCall[],
  timeoutMs = TIMEOUT_MS,
): Promise<readonly RpcAnswer[] | undefined> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(calls.map((call, id) => ({ jsonrpc: '2.0', id, ...call }))),
      signal: AbortSignal.timeout(timeoutMs),
    })
    if (!response.ok) return undefined
    const answers = (await response.json()) as readonly (RpcAnswer & { readonly id: number })[]
    const byId = new Map(answers.map((answer) => [answer.id, answer]))
    return calls.map((_, id) => byId.get(id) ?? {})
  } catch {
    return undefined
  }
}

export async function rpc(url: string, call: RpcCall, timeoutMs?: number): Promise<RpcAnswer> {
  const answers = await rpcBatch(url, [call], timeoutMs)
  return answers?.[0] ?? { error: { data: { code: 'NODE_UNREACHABLE' } } }
}

const REST_MS = 1_000

/** Nodes in turn; one that does not answer is left alone for a second. */
export function createRests(urls: readonly string[]) {
  const untilMs = new Map<string, number>()
  let turn = 0
  return {
    next: (): string | undefined => {
      for (let step = 0; step < urls.length; step++) {
        const url = urls[turn % urls.length]
        turn += 1
        if (url !== undefined && (untilMs.get(url) ?? 0) <= performance.now()) return url
      }
      return undefined
    },
    rest: (url: string): void => {
      untilMs.set(url, performance.now() + REST_MS)
    },
  }
}
