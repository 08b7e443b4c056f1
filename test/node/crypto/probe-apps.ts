// A chain of one application whose proofs hold, fail, throw, or kill the thread that checks them.
import { existsSync, writeFileSync } from 'node:fs'
import { identity } from '../../../apps/registry/identity.ts'
import { type AppList, accept, defineApp, defineTx, refuseWith } from '../../../vm/app.ts'
import { text } from '../../../vm/codec-scalar.ts'

export const PROBE_TAG = 200 * 256 + 1
export const PLAIN_TAG = 200 * 256 + 2

const common = {
  summary: 'probe',
  payload: text(300),
  example: 'accept',
  cost: () => 3,
  authorize: () => undefined,
  execute: () => accept(),
} as const

/** The payload says what its check does; "once <file>" dies unless the file is there, which it makes first. */
const probe = defineTx({
  ...common,
  name: 'probe.check',
  tag: PROBE_TAG,
  verify: ({ payload, facts, crypto }) => {
    const [word, file = ''] = payload.split(' ')
    if (word === 'throw') throw new Error('a bug in verify')
    if (word === 'die') process.exit(3)
    if (word === 'once' && !existsSync(file)) {
      writeFileSync(file, '')
      process.exit(3)
    }
    if (word === 'fact') return facts[0]?.[0] === 7 ? { ok: true } : refuseWith('WRONG_FACT')
    if (word === 'native') {
      const encoded = crypto.group.encode(crypto.group.base) // a native point is its own encoding
      return encoded.length === 32 && crypto.group.base instanceof Uint8Array
        ? { ok: true }
        : refuseWith('SLOW')
    }
    return word === 'refuse' ? refuseWith('NO') : { ok: true }
  },
})

const plain = defineTx({ ...common, name: 'probe.plain', tag: PLAIN_TAG })

export const appList: AppList = {
  apps: [defineApp({ name: 'probe', tag: 200, txs: [probe, plain] })],
  identity,
}
