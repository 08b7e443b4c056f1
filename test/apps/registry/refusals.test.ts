// Every refusal of the registry, and that a refusal changes nothing.
import t from 'tap'
import { codes } from '../../../apps/registry/codes.ts'
import { accounts, getAccount, KEYS_MAX } from '../../../apps/registry/state.ts'
import { toHex } from '../../../vm/bytes.ts'
import { publicKeyOf } from '../../../vm/sign.ts'
import type { Hex } from '../../../vm/types.ts'
import { createWorld, type World } from '../world.ts'
import { accountRefusals } from './account-refusals.ts'
import { admissionRefusals } from './admission-refusals.ts'
import { candidateRefusals } from './candidate-refusals.ts'
import { fresh } from './refusal-case.ts'
import { createScene } from './scene.ts'
import { validatorRefusals } from './validator-refusals.ts'

const sceneCases = [...candidateRefusals, ...validatorRefusals]

const cases = [...admissionRefusals, ...accountRefusals]

const snapshot = ({ state }: World) =>
  state.writes().map(({ app, key, value }) => [app, key, value && toHex(value)])

t.test('refusals have their codes and leave the state as it was', async (t) => {
  for (const { why, code, type, payload, by, before } of cases) {
    const world = await createWorld({ accounts: 1 })
    before?.(world)
    const was = snapshot(world)
    t.strictSame(world.act(type, payload(world), ...by), { code, events: [] }, why)
    t.strictSame(snapshot(world), was)
  }
})

t.test('refused changes of validators leave the state as it was, too', async (t) => {
  for (const { why, code, validators, before, act } of sceneCases) {
    const scene = await createScene(validators === undefined ? {} : { validators })
    before?.(scene)
    let was = snapshot(scene.world)
    let done = act(scene)
    if (typeof done === 'function') {
      was = snapshot(scene.world)
      done = done()
    }
    t.strictSame(done, { code, events: [] }, why)
    t.strictSame(snapshot(scene.world), was)
  }
})

t.test('no code is without a case, and no case without a code', async (t) => {
  const used = new Set([...cases, ...sceneCases].map(({ code }) => code))
  t.strictSame([...used].sort(), Object.keys(codes).sort())
})

t.test('an account that was never admitted cannot rotate a key', async (t) => {
  const world = await createWorld({ accounts: 1 })
  const { account, publicKey } = fresh('stranger')
  world.learn('stranger', { ...fresh('stranger'), account })
  const { code } = world.act('registry.rotate-key', { publicKey }, 'stranger')
  t.equal(code, 'ACCOUNT_UNKNOWN')
  t.equal(getAccount(world.state, account), undefined)
})

t.test('revoked keys make room for new ones, the oldest first', async (t) => {
  const world = await createWorld({ accounts: 1 })
  const original = world.keys('account-1').publicKey
  let current: Hex = original
  for (let count = 0; count < KEYS_MAX + 3; count++) {
    const publicKey = toHex(publicKeyOf(new Uint8Array(32).fill(count + 1)))
    const { code } = world.act('registry.rotate-key', { publicKey, replaces: current }, 'account-1')
    t.equal(code, '')
    current = publicKey
  }
  const keys = accounts.get(world.state, world.id('account-1'))?.keys ?? []
  t.equal(keys.length, KEYS_MAX)
  t.equal(keys.at(-1)?.publicKey, current)
  t.notOk(keys.some(({ publicKey }) => publicKey === original))
  t.equal(keys.filter(({ status }) => status === 'active').length, 1)
})
