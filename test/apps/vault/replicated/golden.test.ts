// Proven payloads of the replicated sharing from fixed entropy, and the shares of a fixed record: frozen for other languages.
import { readFileSync } from 'node:fs'
import t from 'tap'
import { vault } from '../../../../apps/vault/index.ts'
import { planCommittee } from '../../../../client/vault/deal.ts'
import {
  buildComplainResponse,
  buildRepRespond,
  buildRespondScalar,
  buildScalarSettle,
  sumClasses,
} from '../../../../client/vault/replicated/answer.ts'
import {
  buildRepComplainKey,
  buildRepInit,
  classSecretsOf,
} from '../../../../client/vault/replicated/deal.ts'
import { buildComplainRecord, deriveShare } from '../../../../client/vault/replicated/record.ts'
import { assert } from '../../../../vm/assert.ts'
import { toHex } from '../../../../vm/bytes.ts'
import type { JsonValue } from '../../../../vm/codec.ts'
import type { Group, Point } from '../../../../vm/crypto/group.ts'
import { ristretto255 } from '../../../../vm/crypto/ristretto255.ts'
import type { Hex } from '../../../../vm/types.ts'
import { suite, type TypeName } from '../world.ts'

const x = (byte: string, size = 32): Hex => `0x${byte.repeat(size)}`
const entropy = new Uint8Array(32).fill(7)
const chainId = x('c0')

/** One payload of each deterministic builder, all from the same fixed inputs, and the shares of one nonce. */
function buildAll(group: Group<Point>) {
  const account = x('01')
  const { nonce, committee } = planCommittee(account, entropy)
  const key = (scalar: bigint) => group.encode(group.multiplyBase(scalar))
  const servers = [11n, 12n, 13n].map((scalar) => ({
    account: x(`${scalar}`),
    boxKey: key(scalar),
  }))
  const sizes = { threshold: 2, minimum: 2, servers, answers: 'masked' } as const
  const plan = { chainId, account, nonce, ...sizes, currency: 'USD', bond: 5n, entropy }
  const init = buildRepInit(group, plan)
  const secrets = classSecretsOf(group, plan)
  const { threshold, classKeys, boxPoint, boxes, answers } = init
  const boxKeys = servers.map(({ boxKey }) => boxKey)
  const names = { servers: init.servers, organizations: [], boxHashes: [], txId: x('00') }
  const deal = { threshold, classKeys, boxPoint, boxKeys, answers, ...names }
  const boxSecret = toHex(group.encodeScalar(11n))
  const seat = { committee, epoch: 1, index: 1, deal, boxes, boxSecret }
  const server = { chainId, account: x('11'), entropy }
  const place = { committee, epoch: 1, nonces: [x('21', 16), x('22', 16)] }
  const held = new Map([...secrets].filter(([of]) => of < 3))
  const sums = sumClasses(group, place, held)
  const [secret] = held.values()
  assert(secret, 'the first class')
  const record = { committee, epoch: 1, nonce: x('21', 16), id: x('23') }
  const asked = { ...server, committee, epoch: 1, index: 1, query: x('24'), answerKey: key(99n) }
  const scalar = buildRespondScalar(group, { ...asked, sums })
  const [answer] = scalar.answers
  assert(answer, 'an answer')
  const insurer = { chainId, account: x('02'), entropy }
  const answerSecret = toHex(group.encodeScalar(99n))
  const payloads: Readonly<Partial<Record<TypeName, unknown>>> = {
    'rep.init': init,
    'rep.complainKey': buildRepComplainKey(group, seat, { ...server, class: 2 }),
    'rep.complainRecord': buildComplainRecord(group, record, {
      ...server,
      index: 1,
      class: 1,
      secret,
    }),
    'rep.respond': buildRepRespond(group, { ...asked, sums }),
    'rep.respondScalar': scalar,
    'rep.complainResponse': buildComplainResponse(
      group,
      { ...answer, committee, query: x('24'), epoch: 1, index: 1 },
      { ...insurer, answerSecret, deposit: 9n },
    ),
    'query.settle': buildScalarSettle(group, {
      ...insurer,
      query: x('24'),
      answerKey: key(99n),
      sum: 12n,
      blinding: 34n,
    }).payload,
  }
  const proven = Object.fromEntries(
    Object.entries(payloads).map(([name, payload]) => {
      const tx = vault.txs.find((known) => known.name === name)
      assert(tx, `${name} is registered`)
      return [name, tx.payload.toJson(payload as never)]
    }),
  )
  const shares = [...secrets].map(([of, of32]) => {
    const { f, g } = deriveShare(group, record, of32)
    return [of, toHex(group.encodeScalar(f)), toHex(group.encodeScalar(g))]
  })
  return { proven, shares }
}

const { replicated } = JSON.parse(
  readFileSync(new URL('../../../vectors/vault.json', import.meta.url), 'utf8'),
) as { readonly replicated: { readonly proven: JsonValue; readonly shares: JsonValue } }

for (const [name, group] of [
  ['reference', ristretto255],
  ['native', suite.group],
] as const) {
  t.test(
    `with the ${name} group, fixed entropy gives the frozen payloads and shares`,
    async (t) => {
      t.strictSame(buildAll(group), replicated)
    },
  )
}
