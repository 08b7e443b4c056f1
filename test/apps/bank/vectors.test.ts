// The bank's bytes are those that were frozen.
import t from 'tap'
import { bank } from '../../../apps/bank/index.ts'
import {
  AMOUNT_MAX,
  balances,
  bondCodec,
  bonds,
  escrowCodec,
  escrows,
  supplies,
  supplyCodec,
} from '../../../apps/bank/state.ts'
import { encodeBody, encodeEnvelope } from '../../../vm/transaction.ts'
import type { Hex } from '../../../vm/types.ts'
import { checkGolden, sample } from '../golden.ts'

const id = (pair: string): Hex => `0x${pair.repeat(32)}`

const samples = [
  sample(supplies.key('USD'), supplyCodec, {
    organization: id('0a'),
    issued: AMOUNT_MAX,
    redeemed: 250n,
    burned: 0n,
  }),
  sample(balances.key(id('1c'), 'USD'), balances.value, AMOUNT_MAX),
  sample(balances.key(id('1d'), 'EUR'), balances.value, 24n),
  sample(escrows.key(id('e5')), escrowCodec, { payer: id('1c'), currency: 'USD', amount: 100n }),
  sample(bonds.key(id('1c'), 'USD'), bondCodec, {
    amount: 100_000n,
    lockedUntilMs: 1_700_000_000_000,
  }),
]

t.test('tags, payloads and state values', async (t) => {
  checkGolden(t, bank, samples)
})

t.test('a signed transfer without a memo has at most 250 bytes', async (t) => {
  const type = bank.txs.find(({ name }) => name === 'bank.transfer')
  if (type === undefined) throw new Error('no transfer')
  const payload = type.payload.fromJson({ to: id('1c'), currency: 'USD', amount: '1000000000' })
  const body = encodeBody({
    version: 1,
    chainId: id('c0'),
    tag: type.tag,
    payload: type.payload.toCbor(payload),
    validUntil: 1_700_000_000_000,
    salt: '0x0102030405060708',
    signers: [{ account: id('1d'), publicKey: id('23') }],
  })
  t.ok(encodeEnvelope(body, [new Uint8Array(64)]).length <= 250)
})
