// Samples of a profile find their stage, whoever serves it.
import t from 'tap'
import type { ProfileNode } from '../../bench/probe.ts'
import { samplesByStage, stageNames, stagesOf } from '../../bench/stages.ts'

const at = (path: string) => `file:///home/epione/${path}`

function node(parent: number, url: string, hits: number, name = 'work'): ProfileNode {
  return { parent, name, url, hits }
}

t.test('a file that serves many stages counts for its caller', async (t) => {
  const profile = [
    node(-1, '', 0, '(root)'),
    node(0, at('node/admission.ts'), 1),
    node(1, at('vm/transaction.ts'), 10),
    node(2, at('vm/codec.ts'), 20),
    node(1, at('node/crypto/ed25519.ts'), 30),
    node(4, '', 40, 'crypto_sign_verify_detached'),
    node(0, at('node/ledger/tree.ts'), 2),
    node(6, at('vm/hash.ts'), 3),
  ]
  t.strictSame(samplesByStage(profile), {
    runtime: 0,
    verify: 71,
    decode: 30,
    stateTree: 5,
  })
})

t.test('every room of a node has its stage', async (t) => {
  const rooms = {
    'vm/batch.ts': 'decode',
    'node/verification.ts': 'verify',
    'node/p2p/mesh.ts': 'gossip',
    'node_modules/@chainsafe/libp2p-noise/dist/src/index.js': 'gossip',
    'node/gossip.ts': 'gossip',
    'consensus/pbft/step.ts': 'order',
    'node/replica/height.ts': 'order',
    'node/journal.ts': 'order',
    'vm/execute.ts': 'execute',
    'apps/bank/transfer.ts': 'execute',
    'node/ledger/propose.ts': 'execute',
    'node/ledger/tree.ts': 'stateTree',
    'node/store/level.ts': 'store',
    'node_modules/classic-level/index.js': 'store',
    'node/rpc/server.ts': 'serve',
    'node_modules/ws/lib/receiver.js': 'serve',
  }
  for (const [path, stage] of Object.entries(rooms)) {
    t.strictSame(samplesByStage([node(-1, at(path), 1)]), { [stage]: 1 }, path)
  }
})

t.test('waiting is no work, and what nobody called is the runtime', async (t) => {
  const profile = [
    node(-1, '', 0, '(root)'),
    node(0, '', 90, '(idle)'),
    node(0, '', 5, '(garbage collector)'),
    node(0, '', 4, '(program)'),
    node(0, 'node:internal/timers', 1),
  ]
  t.strictSame(samplesByStage(profile), { runtime: 5, garbage: 5 })
})

t.test('the stages of a process add up to its CPU time', async (t) => {
  const profile = [node(-1, at('node/p2p/mesh.ts'), 3), node(-1, at('vm/execute.ts'), 1)]
  const figures = {
    cpuMicros: 1_000,
    mainMicros: 800,
    engineMicros: 120,
    workerMicros: 30,
    loopDelayP99Ms: 0,
    gcShare: 0,
    residentBytes: 0,
    writtenBytes: 0,
  }
  const stages = stagesOf(figures, profile)
  t.equal(stages.gossip, 600)
  t.equal(stages.execute, 200)
  t.equal(stages.verify, 30)
  t.equal(stages.engine, 120)
  t.equal(stages.threads, 50)
  t.equal(
    stageNames.reduce((sum, name) => sum + stages[name], 0),
    1_000,
  )
})
