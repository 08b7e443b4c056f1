// Proven payloads from fixed entropy: frozen, so that another language can check its transcripts against ours.
import { readFileSync } from 'node:fs'
import t from 'tap'
import { consentId } from '../../../apps/vault/ids.ts'
import { vault } from '../../../apps/vault/index.ts'
import { deriveServerKeys } from '../../../apps/vault/keys.ts'
import {
  buildConsentGrant,
  buildConsentRevoke,
  buildConsentWriter,
} from '../../../client/vault/consent.ts'
import { buildInit, buildOffer, planCommittee } from '../../../client/vault/deal.ts'
import { createTag } from '../../../client/vault/entropy.ts'
import { buildPolicyAgree } from '../../../client/vault/policy.ts'
import { buildQueryOpen, buildResponse, buildSettle } from '../../../client/vault/query.ts'
import { buildDispute } from '../../../client/vault/receipt.ts'
import { createAddress, oneTimeTag } from '../../../client/vault/tags.ts'
import { assert } from '../../../vm/assert.ts'
import { toHex } from '../../../vm/bytes.ts'
import type { JsonValue } from '../../../vm/codec.ts'
import type { Group, Point } from '../../../vm/crypto/group.ts'
import { ristretto255 } from '../../../vm/crypto/ristretto255.ts'
import type { Hex } from '../../../vm/types.ts'
import { suite, type TypeName } from './world.ts'

const x = (byte: string, size = 32): Hex => `0x${byte.repeat(size)}`
const entropy = new Uint8Array(32).fill(7)
const chainId = x('c0')

/** One payload of each deterministic builder, all from the same fixed inputs. */
function buildAll(group: Group<Point>): Readonly<Partial<Record<TypeName, unknown>>> {
  const [account, insurer] = [x('01'), x('02')]
  const { nonce, committee } = planCommittee(account, entropy)
  const servers = ['11', '12', '13'].map((byte) => {
    const offerer = {
      chainId,
      account: x(byte),
      committee,
      entropy: entropy.map((b) => b + Number(byte)),
    }
    return { account: x(byte), boxKey: buildOffer(group, offerer).payload.boxKey }
  })
  const terms = { threshold: 2, minimum: 2, currency: 'USD', bond: 5n }
  const init = buildInit(group, { chainId, account, nonce, servers, entropy, ...terms })
  const { secret, publicKey } = createTag(group, entropy)
  const bucket = { tag: publicKey, policy: insurer, period: 0 }
  const proving = { chainId, entropy }
  const writer = { account, tag: publicKey, writers: [x('03')], policies: null, expiresAt: 9 }
  const scope = { kind: 'buckets', buckets: [bucket] } as const
  const limits = {
    purpose: 'sum',
    maxUses: 3,
    expiresAt: 9,
    minimum: 0,
    single: false,
    overlap: true,
  }
  const grant = { account, nonce, committee, insurer, scope, ...limits }
  const target = { kind: 'segment', bucket, segment: 4 } as const
  const place = { chainId, committee, epoch: 1 }
  const asking = { ...place, account: insurer, target, consent: x('04'), fee: 6n, entropy }
  const open = buildQueryOpen(group, asking)
  const ephemeral = group.encode(group.multiplyBase(99n))
  const { answerKey } = open.payload
  const share = toHex(group.encodeScalar(77n))
  const answering = { ...place, account: x('11'), index: 1, share, query: open.query, entropy }
  const response = buildResponse(group, { ...answering, ephemeral, answerKey })
  const result = { mask: response.first, masked: response.second }
  const { query, answerSecret } = open
  const settling = { chainId, account: insurer, query, result, answerSecret, sum: 12n, entropy }
  const money = { currency: 'USD', rate: 80, deductible: 10n, cap: 20n, escrow: 20n }
  const policy = { ...bucket, version: 1, payout: 'plain', settleByMs: 9 } as const
  const agreed = { account: insurer, patient: account, ...policy, ...money }
  return {
    'server.offer': buildOffer(group, { chainId, account: x('11'), committee, entropy }).payload,
    'vault.init': init,
    'consent.writer': buildConsentWriter(group, writer, { ...proving, tagSecret: secret }),
    'consent.grant': buildConsentGrant(group, grant, {
      ...proving,
      tagSecrets: new Map([[publicKey, secret]]),
    }),
    'consent.revoke': buildConsentRevoke(
      group,
      { account, consent: consentId(grant), scope },
      { ...proving, tagSecrets: new Map([[publicKey, secret]]) },
    ),
    'receipt.dispute': buildDispute(
      group,
      { id: x('05'), ephemeral, box: new Uint8Array(36).fill(6) },
      { ...proving, account, tagSecret: secret },
    ),
    'policy.agree': buildPolicyAgree(group, agreed, { ...proving, tagSecret: secret }),
    'query.open': open.payload,
    'query.respond': response,
    'query.settle': buildSettle(group, settling).payload,
  }
}

function toVector(built: ReturnType<typeof buildAll>): Readonly<Record<string, JsonValue>> {
  return Object.fromEntries(
    Object.entries(built).map(([name, payload]) => {
      const tx = vault.txs.find((known) => known.name === name)
      assert(tx, `${name} is registered`)
      return [name, tx.payload.toJson(payload as never)]
    }),
  )
}

const { proven, oneTime } = JSON.parse(
  readFileSync(new URL('../../vectors/vault.json', import.meta.url), 'utf8'),
) as { readonly proven: Readonly<Record<string, JsonValue>>; readonly oneTime: Hex }

for (const [name, group] of [
  ['reference', ristretto255],
  ['native', suite.group],
] as const) {
  t.test(`with the ${name} group, fixed entropy gives the frozen payloads`, async (t) => {
    t.strictSame(toVector(buildAll(group)), proven)
  })
}

t.test('the frozen proofs verify on the frozen chain', async (t) => {
  for (const name of [
    'server.offer',
    'consent.writer',
    'consent.grant',
    'policy.agree',
    'query.open',
  ]) {
    const tx = vault.txs.find((known) => known.name === name)
    assert(tx?.verify, `${name} has proofs`)
    const payload = tx.payload.fromJson(proven[name])
    const crypto = { group: ristretto255, range: suite.range }
    t.strictSame(tx.verify({ chainId, payload, facts: [], crypto }), { ok: true }, name)
    t.notOk(tx.verify({ chainId: x('c1'), payload, facts: [], crypto }).ok)
  }
})

t.test('both groups derive the same keys of the seats', async (t) => {
  const keysOf = (group: Group<Point>) => {
    const points = [5n, 6n, 7n].map(group.multiplyBase)
    return deriveServerKeys(group, points, 16).map((key) => toHex(group.encode(key)))
  }
  t.strictSame(keysOf(suite.group), keysOf(ristretto255))
})

t.test('one-time tags are those that were frozen', async (t) => {
  for (const group of [ristretto255, suite.group]) {
    const { address } = createAddress(group, entropy)
    t.equal(oneTimeTag(group, address, 99n), oneTime)
  }
})
