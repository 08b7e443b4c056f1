// The verification pool: one verdict per item, whatever the check does, and never one for a thread that died.
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { createSigner } from '../../../node/crypto/ed25519.ts'
import { createVerifier, type VerifierFault } from '../../../node/crypto/verifier.ts'
import { BATCH_TAG, decodeActs } from '../../../vm/batch.ts'
import { toHex } from '../../../vm/bytes.ts'
import { createRules, defaultParameters } from '../../../vm/rules.ts'
import {
  decodeTransaction,
  encodeBody,
  encodeEnvelope,
  signedBytes,
} from '../../../vm/transaction.ts'
import { appList, PLAIN_TAG, PROBE_TAG } from './probe-apps.ts'

const chainId = toHex(new Uint8Array(32).fill(1))
const signer = createSigner(new Uint8Array(32).fill(2))
const { types } = createRules({
  chainId,
  engine: 'pbft',
  parameters: defaultParameters,
  list: appList,
})
const apps = new URL('./probe-apps.ts', import.meta.url)

function jobOf(items: readonly string[], options: { tag?: number; forged?: boolean } = {}) {
  const { tag = PROBE_TAG, forged = false } = options
  const body = encodeBody({
    version: 1,
    chainId,
    tag: BATCH_TAG,
    payload: [false, tag, items],
    validUntil: 1_000,
    salt: '0x0000000000000000',
    signers: [{ account: chainId, publicKey: toHex(signer.publicKey) }],
  })
  const signature = signer.sign(signedBytes(body))
  if (forged) signature[40] = (signature[40] ?? 0) ^ 1
  const transaction = decodeTransaction(encodeEnvelope(body, [signature]))
  const facts: (readonly Uint8Array[] | undefined)[] = items.map(() => [new Uint8Array([7])])
  return { transaction, acts: decodeActs(types, transaction), facts }
}

function start(t: Test, threads = 1) {
  const faults: VerifierFault[] = []
  const verifier = createVerifier({ threads, chainId, apps, onFault: (f) => faults.push(f) })
  t.teardown(verifier.stop)
  return { verifier, faults }
}

t.test('each item has its own verdict; an exception is INTERNAL and reported', async (t) => {
  const { verifier, faults } = start(t)
  const { signatures, items } = await verifier.verify(
    jobOf(['accept', 'refuse', 'throw', 'accept', 'fact', 'native']),
  )
  t.ok(signatures)
  t.same(items, [
    { ok: true },
    { ok: false, code: 'NO' },
    { ok: false, code: 'INTERNAL' },
    { ok: true },
    { ok: true },
    { ok: true },
  ])
  t.equal(faults.length, 1)
  t.match(faults[0], { kind: 'verify', cause: /probe\.check: .*a bug in verify/ })
})

t.test('an item without its facts is not checked', async (t) => {
  const { verifier } = start(t)
  const job = jobOf(['fact', 'fact', 'fact'])
  job.facts[1] = undefined
  job.facts[2] = [new Uint8Array([8])]
  const { items } = await verifier.verify(job)
  t.same(items, [
    { ok: true },
    { ok: false, code: 'FACT_UNKNOWN' },
    { ok: false, code: 'WRONG_FACT' },
  ])
})

t.test('a forged signature has no verdicts on items, and no thread hears of it', async (t) => {
  const { verifier, faults } = start(t)
  t.same(await verifier.verify(jobOf(['die'], { forged: true })), { signatures: false, items: [] })
  t.same(await verifier.verify(jobOf(['x', 'y'], { tag: PLAIN_TAG })), {
    signatures: true,
    items: [{ ok: true }, { ok: true }],
  })
  t.same(faults, [])
})

t.test('a thread that dies is replaced, and all its work is done again', async (t) => {
  const { verifier, faults } = start(t, 2)
  const file = join(t.testdir({}), 'died')
  const jobs = [
    ...Array.from({ length: 20 }, (_, i) => jobOf([i % 3 === 0 ? 'refuse' : 'accept', `x${i}`])),
    jobOf([`once ${file}`]),
    ...Array.from({ length: 20 }, (_, i) => jobOf([i % 2 === 0 ? 'refuse' : 'accept', `y${i}`])),
  ]
  const verdicts = await Promise.all(jobs.map((job) => verifier.verify(job)))
  verdicts.forEach(({ items }, i) => {
    const refused = i < 20 ? i % 3 === 0 : i > 20 && (i - 21) % 2 === 0
    t.equal(items[0]?.ok, !refused, `job ${i}`)
  })
  t.equal(faults.length, 1, 'one thread died')
  t.match(faults[0], { kind: 'worker' })
})

t.test(
  'a task that kills every thread is given up as an operating error, the others go on',
  async (t) => {
    const { verifier, faults } = start(t, 2)
    const deadly = Promise.resolve(verifier.verify(jobOf(['die'])))
    const others = Array.from({ length: 30 }, (_, i) => verifier.verify(jobOf(['accept', `${i}`])))
    await t.rejects(deadly, { name: 'EpioneError', code: 'INTERNAL' })
    for (const { items } of await Promise.all(others)) t.same(items[0], { ok: true })
    t.equal(faults.length, 3)
  },
)

t.test('what waits when the pool stops is rejected, and so is what comes later', async (t) => {
  const { verifier } = start(t)
  const waiting = Promise.resolve(verifier.verify(jobOf(['accept'])))
  const stopped = verifier.stop()
  await t.rejects(waiting, { name: 'EpioneError', code: 'SHUTTING_DOWN' })
  await t.rejects(async () => verifier.verify(jobOf(['accept'])), { code: 'SHUTTING_DOWN' })
  await stopped
})

t.test('signatures alone', async (t) => {
  const { verifier } = start(t)
  const message = new Uint8Array(32)
  const signature = signer.sign(message)
  const check = { publicKey: signer.publicKey, message, signature }
  const long = { ...check, signature: new Uint8Array(65) }
  long.signature.set(signature)
  t.same(verifier.verifySignatures([check, long, { ...check, message: signature }]), [
    true,
    false,
    false,
  ])
})
