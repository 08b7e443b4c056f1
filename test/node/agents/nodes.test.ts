// The nodes that an agent asks: when none answers it is patient for as long as it was told to be, and no longer.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Test, test } from 'tap'
import { createNodes } from '../../../node/agents/nodes.ts'
import { silentLogger } from '../../../node/logger.ts'
import { serve } from '../rpc/serve.ts'

/** In front of a node: hangs up on the first calls. */
async function hangUp(t: Test, url: string, times: number) {
  let left = times
  const server = createServer(async (request, response) => {
    if (left > 0) {
      left -= 1
      request.socket.destroy()
      return
    }
    const headers = { 'content-type': 'application/json' }
    const body = (await request.toArray()).join('')
    response.end(await (await fetch(url, { method: 'POST', headers, body })).text())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, left: () => left }
}

test('who is asked in rounds may be away for one of them', async (t) => {
  const { chain, url } = await serve(t)
  await chain.commit()
  const ask = async (rounds: number, away: number) => {
    const front = await hangUp(t, url, away)
    const urls = [front.url]
    const nodes = createNodes({ urls, log: silentLogger(), view: chain.view(), rounds })
    return { answer: nodes.ask(({ client }) => client.head()), front }
  }
  const patient = await ask(2, 1)
  t.match(await patient.answer, { height: 1 })
  const hasty = await ask(1, 1)
  await t.rejects(hasty.answer, { code: 'NODE_UNREACHABLE' })
  const long = await ask(2, 3)
  await t.rejects(long.answer, { code: 'NODE_UNREACHABLE' }, 'not for ever')
  t.equal(long.front.left(), 1)
})
