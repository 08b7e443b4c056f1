// What is no proper request: each gets its one answer, and the server goes on.
import { test } from 'tap'
import { serve } from './serve.ts'

const discover = '"method":"chain_head"'

/** Body, expected number, expected stable code, expected id in the answer as JSON text. */
const refusals: readonly { why: string; body: string; number: number; code: string; id: string }[] =
  [
    { why: 'no JSON', body: '{"jsonrpc":', number: -32_700, code: 'PARSE_ERROR', id: 'null' },
    { why: 'an empty body', body: '', number: -32_700, code: 'PARSE_ERROR', id: 'null' },
    { why: 'a number', body: '1', number: -32_600, code: 'INVALID_REQUEST', id: 'null' },
    { why: 'null', body: 'null', number: -32_600, code: 'INVALID_REQUEST', id: 'null' },
    { why: 'an empty batch', body: '[]', number: -32_600, code: 'INVALID_REQUEST', id: 'null' },
    {
      why: 'no version',
      body: `{"id":7,${discover}}`,
      number: -32_600,
      code: 'INVALID_REQUEST',
      id: '7',
    },
    {
      why: 'version 1.0',
      body: `{"jsonrpc":"1.0","id":"a",${discover}}`,
      number: -32_600,
      code: 'INVALID_REQUEST',
      id: '"a"',
    },
    {
      why: 'an object as id',
      body: `{"jsonrpc":"2.0","id":{"number":"1"},${discover}}`,
      number: -32_600,
      code: 'INVALID_REQUEST',
      id: 'null',
    },
    {
      why: 'a boolean as id',
      body: `{"jsonrpc":"2.0","id":true,${discover}}`,
      number: -32_600,
      code: 'INVALID_REQUEST',
      id: 'null',
    },
    {
      why: 'a method that is no string',
      body: '{"jsonrpc":"2.0","id":1,"method":1}',
      number: -32_600,
      code: 'INVALID_REQUEST',
      id: '1',
    },
    {
      why: 'params that are a string',
      body: `{"jsonrpc":"2.0","id":1,${discover},"params":"x"}`,
      number: -32_600,
      code: 'INVALID_REQUEST',
      id: '1',
    },
    {
      why: 'params that are null',
      body: `{"jsonrpc":"2.0","id":1,${discover},"params":null}`,
      number: -32_600,
      code: 'INVALID_REQUEST',
      id: '1',
    },
    {
      why: 'an unknown method',
      body: '{"jsonrpc":"2.0","id":1,"method":"eth_call"}',
      number: -32_601,
      code: 'METHOD_NOT_FOUND',
      id: '1',
    },
    {
      why: 'a method named like an inherited property',
      body: '{"jsonrpc":"2.0","id":1,"method":"constructor"}',
      number: -32_601,
      code: 'METHOD_NOT_FOUND',
      id: '1',
    },
    {
      why: 'a missing parameter',
      body: '{"jsonrpc":"2.0","id":1,"method":"chain_header"}',
      number: -32_602,
      code: 'INVALID_PARAMS',
      id: '1',
    },
    {
      why: 'an unknown parameter',
      body: `{"jsonrpc":"2.0","id":1,${discover},"params":{"hight":1}}`,
      number: -32_602,
      code: 'INVALID_PARAMS',
      id: '1',
    },
    {
      why: 'too many positions',
      body: '{"jsonrpc":"2.0","id":1,"method":"chain_header","params":[1,2]}',
      number: -32_602,
      code: 'INVALID_PARAMS',
      id: '1',
    },
    {
      why: 'a negative height',
      body: '{"jsonrpc":"2.0","id":1,"method":"chain_header","params":[-1]}',
      number: -32_602,
      code: 'INVALID_PARAMS',
      id: '1',
    },
    {
      why: 'a height beyond 2^53',
      body: '{"jsonrpc":"2.0","id":1,"method":"chain_header","params":[9007199254740993]}',
      number: -32_602,
      code: 'INVALID_PARAMS',
      id: '1',
    },
    {
      why: 'upper-case hexadecimal',
      body: '{"jsonrpc":"2.0","id":1,"method":"tx_submit","params":["0xAB"]}',
      number: -32_602,
      code: 'INVALID_PARAMS',
      id: '1',
    },
    {
      why: 'a minHeight that is text',
      body: `{"jsonrpc":"2.0","id":1,${discover},"params":{"minHeight":"1"}}`,
      number: -32_602,
      code: 'INVALID_PARAMS',
      id: '1',
    },
    {
      why: 'a wrong parameter of a query',
      body: '{"jsonrpc":"2.0","id":1,"method":"bank_balance","params":["0x00","USD"]}',
      number: -32_602,
      code: 'INVALID_PARAMS',
      id: '1',
    },
    {
      why: 'a height that is not decided',
      body: '{"jsonrpc":"2.0","id":1,"method":"chain_header","params":[99]}',
      number: -32_001,
      code: 'NOT_FOUND',
      id: '1',
    },
    {
      why: 'an envelope that is none',
      body: '{"jsonrpc":"2.0","id":1,"method":"tx_submit","params":["0x00"]}',
      number: -32_000,
      code: 'TX_MALFORMED',
      id: '1',
    },
    {
      why: 'a subscription over HTTP',
      body: '{"jsonrpc":"2.0","id":1,"method":"chain_subscribe","params":["newBlocks"]}',
      number: -32_600,
      code: 'SUBSCRIPTIONS_NEED_WEBSOCKET',
      id: '1',
    },
    {
      why: 'a batch of 51',
      body: JSON.stringify(Array.from({ length: 51 }, () => 1)),
      number: -32_005,
      code: 'LIMIT_EXCEEDED',
      id: 'null',
    },
  ]

test('each malformed request is answered by its number and code, with HTTP 200', async (t) => {
  const { post } = await serve(t)
  for (const { why, body, number, code, id } of refusals) {
    const response = await post(body)
    t.equal(response.status, 200, why)
    const text = await response.text()
    t.ok(text.startsWith(`{"jsonrpc":"2.0","id":${id},"error":`), `${why}: the id is ${id}`)
    const { error } = JSON.parse(text)
    t.equal(error.code, number, `${why}: the number`)
    t.equal(error.data.code, code, `${why}: the code`)
    t.type(error.data.hint, 'string', `${why}: says what to try`)
  }
})

test('ids come back exactly as they were written', async (t) => {
  const { post } = await serve(t)
  const ids = ['1', '0', '-7', '9007199254740993', '1.5', '1e400', '123456789012345678901234567890']
  const words = ['"x"', '""', '"\\u0000"', '"9007199254740993"', 'null']
  for (const id of [...ids, ...words]) {
    const text = await (await post(`{"jsonrpc":"2.0","id":${id},${discover}}`)).text()
    t.ok(text.startsWith(`{"jsonrpc":"2.0","id":${id},"result":`), id)
  }
  const batch = ids.map((id) => `{"jsonrpc":"2.0",${discover},"params":{},"id":${id}}`)
  const text = await (await post(`[${batch.join(',')}]`)).text()
  t.same(
    [...text.matchAll(/"jsonrpc":"2.0","id":([^,]+),/g)].map((match) => match[1]),
    ids,
    'also in a batch',
  )
})

test('a batch mixes calls, notifications and nonsense', async (t) => {
  const { post } = await serve(t)
  const response = await post(
    `[{"jsonrpc":"2.0","id":1,${discover}},{"jsonrpc":"2.0",${discover}},1,{"jsonrpc":"2.0","id":2,"method":"x"}]`,
  )
  const answers = (await response.json()) as { id: unknown; error?: { code: number } }[]
  t.same(
    answers.map(({ id, error }) => [id, error?.code]),
    [
      [1, undefined],
      [null, -32_600],
      [2, -32_601],
    ],
  )
})

test('only notifications are answered by 204 and nothing', async (t) => {
  const { post } = await serve(t)
  for (const body of [`{"jsonrpc":"2.0",${discover}}`, '[{"jsonrpc":"2.0","method":"no"}]']) {
    const response = await post(body)
    t.equal(response.status, 204)
    t.equal(await response.text(), '')
  }
})

test('an answer, and the answers of a batch together, have a bound', async (t) => {
  const { post, call } = await serve(t, { limits: { responseBytes: 3_000 } })
  t.match((await call('rpc.discover')).error, {
    code: -32_005,
    data: { code: 'RESPONSE_TOO_LARGE' },
  })
  const many = Array.from({ length: 5 }, (_, id) => `{"jsonrpc":"2.0","id":${id},${discover}}`)
  const answers = (await (await post(`[${many.join(',')}]`)).json()) as {
    id: number
    result?: object
  }[]
  t.same(
    answers.map(({ id }) => id),
    [0, 1, 2, 3, 4],
    'each call has an answer',
  )
  t.ok(answers[0]?.result, 'the first fits')
  t.notOk(answers[4]?.result, 'the last does not')
  const silent = many.map((one, index) => (index < 3 ? one : one.replace(/"id":\d+,/, '')))
  const fewer = (await (await post(`[${silent.join(',')}]`)).json()) as object[]
  t.equal(fewer.length, 3, 'a notification has no answer, however full it is')
})
