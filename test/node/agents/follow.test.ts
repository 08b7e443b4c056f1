// The light verifier: it takes every block that the certificates prove, in order, and nothing else.
import { test } from 'tap'
import type { ProvenBlock, Tip } from '../../../node/agents/block.ts'
import { follow } from '../../../node/agents/follow.ts'
import { createNodes } from '../../../node/agents/nodes.ts'
import { silentLogger } from '../../../node/logger.ts'
import { fromHex, toHex } from '../../../vm/bytes.ts'
import { decodeTransaction, encodeEnvelope } from '../../../vm/transaction.ts'
import { type Alter, startProxy } from '../../support/proxy.ts'
import type { TestChain } from '../rpc/chain.ts'
import { serve } from '../rpc/serve.ts'

function startOf({ genesis }: TestChain): Tip {
  const { chainId, engine, validators } = genesis
  return { chainId, engine, height: 0, id: undefined, validators }
}

/** Follows until the height is there; answers the blocks and the tip. */
async function followTo(
  chain: TestChain,
  urls: readonly string[],
  { height, from = startOf(chain) }: { readonly height: number; readonly from?: Tip },
): Promise<{ readonly blocks: readonly ProvenBlock[]; readonly tip: Tip }> {
  const blocks: ProvenBlock[] = []
  const nodes = createNodes({ urls, log: silentLogger(), view: chain.view() })
  return new Promise((resolve, reject) => {
    const follower = follow({
      nodes,
      tip: from,
      log: silentLogger(),
      onBlock: async (block, tip) => {
        blocks.push(block)
        if (tip.height < height) return
        follower.stop()
        resolve({ blocks, tip })
      },
    })
    follower.ended.catch(reject)
  })
}

async function grow(chain: TestChain, amounts: readonly string[]): Promise<void> {
  for (const amount of amounts) {
    const { bytes } = await chain.transfer({ from: 0, to: 1, amount })
    await chain.port.submit(bytes)
    await chain.commit()
  }
}

test('every block comes once, in order, with its transactions and what became of them', async (t) => {
  const { chain, url } = await serve(t)
  await grow(chain, ['250', '9000000000000'])
  await chain.commit()
  const { blocks, tip } = await followTo(chain, [url], { height: 3 })
  t.same(
    blocks.map(({ header, transactions }) => [
      header.height,
      transactions.map(({ receipt }) => receipt.code),
    ]),
    [
      [1, ['']],
      [2, ['BALANCE_TOO_LOW']],
      [3, []],
    ],
  )
  t.equal(tip.id, chain.ledger.head().id)
  await grow(chain, ['1'])
  const later = await followTo(chain, [url], { height: 4, from: tip })
  t.same(
    later.blocks.map(({ header }) => header.height),
    [4],
    'from where it stood',
  )
})

test('a block that comes later is waited for', async (t) => {
  const { chain, url } = await serve(t)
  const following = followTo(chain, [url], { height: 1 })
  await chain.commit()
  t.equal((await following).tip.height, 1)
})

/** The same envelope with another first byte in its payload. */
function forge(envelope: `0x${string}`): string {
  const { body, signatures } = decodeTransaction(fromHex(envelope))
  const text = JSON.stringify(body.signers)
  const forged = new TextEncoder().encode(text)
  return toHex(encodeEnvelope(forged, signatures))
}

const lies: readonly { readonly why: string; readonly alter: Alter }[] = [
  {
    why: 'another envelope',
    alter: (_, block) => ({ ...block, envelopes: block.envelopes.map(forge) }),
  },
  { why: 'an envelope left out', alter: (_, block) => ({ ...block, envelopes: [] }) },
  {
    why: 'a transaction left out with its receipt',
    alter: (_, block) => ({ ...block, envelopes: [], receipts: [] }),
  },
  {
    why: 'another outcome',
    alter: (_, block) => ({
      ...block,
      receipts: block.receipts.map((receipt: object) => ({ ...receipt, code: 'REFUSED' })),
    }),
  },
  {
    why: 'a header of another time',
    alter: (_, block) => ({
      ...block,
      proof: { ...block.proof, header: block.proof.header.replace(/.{10}$/, '0123456789') },
    }),
  },
  {
    why: 'no certificate',
    alter: (_, block) => ({ ...block, proof: { ...block.proof, certificate: '0x' } }),
  },
  {
    why: 'a certificate with a broken signature',
    alter: (_, block) => ({
      ...block,
      proof: {
        ...block.proof,
        certificate: block.proof.certificate.replace(/.{8}$/, '00000000'),
      },
    }),
  },
  { why: 'no block at all', alter: () => ({}) },
]

test('a lying node is left for an honest one, whatever it lies about', async (t) => {
  for (const { why, alter } of lies) {
    const { chain, url } = await serve(t)
    await grow(chain, ['250'])
    const liar = await startProxy(t, url, (method, result, parameters) =>
      method === 'chain_block' ? alter(method, result, parameters) : result,
    )
    const { blocks } = await followTo(chain, [liar.url, url], { height: 1 })
    t.equal(liar.calls.get('chain_block'), 1, `${why}: asked once`)
    t.equal(blocks[0]?.transactions[0]?.receipt.code, '', `${why}: and not believed`)
  }
})

test('with nobody but a liar there is no block', async (t) => {
  const { chain, url } = await serve(t)
  await grow(chain, ['250'])
  const heard = Promise.withResolvers<void>()
  let asked = 0
  const liar = await startProxy(t, url, (_, result) => {
    asked += 1
    if (asked === 3) heard.resolve()
    return { ...result, envelopes: [] }
  })
  const blocks: ProvenBlock[] = []
  const nodes = createNodes({ urls: [liar.url], log: silentLogger(), view: chain.view() })
  const follower = follow({
    nodes,
    tip: startOf(chain),
    log: silentLogger(),
    onBlock: async (block) => {
      blocks.push(block)
    },
  })
  await heard.promise
  follower.stop()
  await follower.ended
  t.same(blocks, [])
})

test('a block of another chain, an old block and a branch are no next block', async (t) => {
  const { chain, url } = await serve(t)
  await grow(chain, ['1', '2'])
  const { tip } = await followTo(chain, [url], { height: 1 })
  const wrong: readonly (readonly [string, Tip])[] = [
    ['another chain', { ...startOf(chain), chainId: `0x${'11'.repeat(32)}` as const }],
    ['another parent', { ...tip, id: `0x${'22'.repeat(32)}` as const }],
    ['other validators', { ...tip, validators: tip.validators.toReversed() }],
  ]
  for (const [why, from] of wrong) {
    const asked = Promise.withResolvers<void>()
    let calls = 0
    const honest = await startProxy(t, url, (_, result) => {
      calls += 1
      if (calls === 2) asked.resolve()
      return result
    })
    const nodes = createNodes({ urls: [honest.url], log: silentLogger(), view: chain.view() })
    const follower = follow({
      nodes,
      tip: from,
      log: silentLogger(),
      onBlock: async ({ header }) => {
        t.fail(`${why}: took block ${header.height}`)
      },
    })
    await asked.promise
    follower.stop()
    await follower.ended
    t.pass(why)
  }
})
