// What the benchmark offers is what it says: sizes, signatures, items.
import { randomBytes } from 'node:crypto'
import t from 'tap'
import { appList } from '../../apps/index.ts'
import { createMixture } from '../../bench/mixes.ts'
import type { BenchNetwork } from '../../bench/network.ts'
import { verifySignature } from '../../node/crypto/ed25519.ts'
import { decodeActs } from '../../vm/batch.ts'
import { fromHex, toHex } from '../../vm/bytes.ts'
import { createRules, defaultParameters, envelopeBudget } from '../../vm/rules.ts'
import { decodeTransaction } from '../../vm/transaction.ts'
import type { AccountId, Digest } from '../../vm/types.ts'

const id = () => toHex(randomBytes(32))
const chainId: Digest = id()
const payers = Array.from({ length: 1_001 }, () => ({
  account: id() as AccountId,
  seed: new Uint8Array(randomBytes(32)),
}))
// These mixes ask for nothing else of a network.
const network = { chainId, payers } as unknown as BenchNetwork
const rules = createRules({
  chainId,
  engine: 'pbft',
  parameters: defaultParameters,
  list: appList,
})

type Order = { readonly to: AccountId; readonly memo: string; readonly amount: bigint }

async function taken(mix: 'transfer' | 'batch') {
  const mixture = await createMixture(network, { mix })
  const signed = mixture.make()
  const transaction = decodeTransaction(fromHex(signed.envelope))
  const [signer] = transaction.body.signers
  const [signature] = transaction.signatures
  const holds =
    signer !== undefined &&
    signature !== undefined &&
    verifySignature(fromHex(signer.publicKey), fromHex(transaction.id), signature)
  return { mixture, signed, transaction, holds, acts: decodeActs(rules.types, transaction) }
}

t.test(
  'a transfer has some 250 bytes, a signature that holds, and is another each time',
  async (t) => {
    const { mixture, signed, transaction, holds, acts } = await taken('transfer')
    t.ok(holds)
    t.equal(signed.id, transaction.id)
    t.equal(signed.bytes, transaction.bytes.length)
    t.ok(Math.abs(signed.bytes - 250) <= 5, `${signed.bytes} bytes`)
    t.equal(acts.items.length, 1)
    t.not(mixture.make().id, mixture.make().id)
  },
)

t.test(
  'a batch has a thousand transfers to as many accounts, each with 200 bytes of memo',
  async (t) => {
    const { mixture, holds, acts, transaction } = await taken('batch')
    t.ok(holds)
    t.equal(mixture.itemsPerTransaction, 1_000)
    const orders = acts.items as unknown as readonly Order[]
    t.equal(new Set(orders.map(({ to }) => to)).size, 1_000)
    t.notOk(orders.some(({ to }) => to === transaction.body.signers[0]?.account))
    t.ok(orders.every(({ memo }) => new TextEncoder().encode(memo).length === 200))
    t.ok(acts.cost <= envelopeBudget(rules.parameters), 'it fits in a block')
  },
)

t.test('a query is a call, and never the same twice in a row', async (t) => {
  const { make } = await createMixture(network, { mix: 'query' })
  const [first, second] = [make(), make()]
  t.match(first.call, new RegExp(`"method":"bank_balance".*${payers[0]?.account}`))
  t.match(second.call, new RegExp(`${payers[1]?.account}`))
})
