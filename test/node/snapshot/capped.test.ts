// Whatever a state holds, no answer about it is larger than answers are.
import t from 'tap'
import { CHUNK_BYTES_MAX, type StateAnswer, stateAnswerCodec } from '../../../node/protocol.ts'
import { createKeptStates } from '../../../node/snapshot/kept-states.ts'
import { encode } from '../../../vm/codec.ts'
import { childAt, decodeNode, SLOTS } from '../../../vm/state-tree-node.ts'
import { act, genesisTimeMs, putOf, toyList } from '../../support/toy-chain.ts'
import { growPast } from '../../support/toy-history.ts'
import { openToy } from '../../support/toy-ledger.ts'
import { toyClock } from '../../support/toy-validator.ts'

const BLOCKS = 6
const VALUES = 100
const value = Array.from({ length: 1_000 }, () => 1)

t.test(
  'chunks of snapshots are capped: a node stands for what is more, and its children',
  async (t) => {
    const ledger = await openToy()
    const validUntil = genesisTimeMs + 500_000
    await growPast(ledger, {
      blocks: BLOCKS,
      each: (height) =>
        Array.from({ length: VALUES }, (_, turn) =>
          act({ ...putOf(`k-${height}-${turn}`, value), validUntil }),
        ),
    })
    const kept = createKeptStates({ ledger, clock: toyClock })
    t.teardown(kept.stop)
    const [offer] = kept.offers()
    const app = toyList.apps.find(({ name }) => name === 'toy')?.tag ?? 0
    const root = offer?.roots.find((one) => one.app === app)?.root
    const keys = new Set<string>()
    const counts: Record<StateAnswer['kind'], number> = { values: 0, node: 0, gone: 0 }
    const wanted = [{ prefix: '', hash: root ?? new Uint8Array() }]
    for (let place = wanted.pop(); place !== undefined; place = wanted.pop()) {
      const { prefix, hash } = place
      const answer = await kept.piece({ kind: 'state', blockId: ledger.head().id, app, prefix })
      if (answer === undefined) throw new Error(`nothing below ${prefix}`)
      counts[answer.kind] += 1
      const bytes = encode(stateAnswerCodec, answer)
      t.ok(
        bytes.length <= CHUNK_BYTES_MAX,
        `${answer.kind} below '${prefix}': ${bytes.length} bytes`,
      )
      if (answer.kind === 'values') for (const { key } of answer.entries) keys.add(key)
      if (answer.kind !== 'node') continue
      const node = decodeNode(answer.bytes, hash)
      if (node === undefined) throw new Error(`no node at ${prefix}`)
      for (let slot = 0; slot < SLOTS; slot++) {
        const child = childAt(node, slot)
        if (child !== undefined)
          wanted.push({ prefix: prefix + slot.toString(16), hash: child.hash.slice() })
      }
    }
    t.ok(counts.node >= 1, 'the whole is too much for one')
    t.equal(counts.gone, 0)
    t.ok(keys.size >= BLOCKS * VALUES, `${keys.size} values`)
  },
)
