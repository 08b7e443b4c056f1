// Checklist, accountability: what two signed messages of one validator prove, in whatever order they come, and what proves nothing.
import t from 'tap'
import { contradict } from '../../apps/registry/evidence.ts'
import type { Effect } from '../../consensus/effect.ts'
import { engineOf } from '../../consensus/engines.ts'
import type { Message } from '../../consensus/message.ts'
import { verifyMessage } from '../../consensus/verify.ts'
import { fromHex } from '../../vm/bytes.ts'
import { voteDigest } from '../../vm/vote.ts'
import {
  commit,
  configFor,
  contextFor,
  justify,
  prePrepare,
  prepare,
  prepared,
  talk,
  viewChange,
} from './conversation.ts'
import { chainId, memberOf, verifySimulated } from './validators.ts'

const n = 4

/** What an observer says about the messages, in their order, beyond what it decides. */
function accusations(messages: readonly Message[]): readonly string[] {
  const observer = talk({ n, self: null })
  return messages.flatMap((message) => observer.say(message)).filter((word) => / of \d$/.test(word))
}

t.test('two bodies of one kind and view are evidence, for each kind', async (t) => {
  const pairs: readonly (readonly [Message, Message])[] = [
    [prePrepare({ n, view: 0, name: 'A' }), prePrepare({ n, view: 0, name: 'B' })],
    [prepare(0, 1, 'A'), prepare(0, 1, 'B')],
    [commit(0, 1, 'A'), commit(0, 1, 'B')],
    [viewChange(0, 2), viewChange(0, 2, prepared(n, 1, 'A'))],
  ]
  for (const [first, second] of pairs) {
    t.strictSame(accusations([first, second]), ['equivocation of 0'], first.kind)
    t.strictSame(accusations([second, first]), ['equivocation of 0'], first.kind)
  }
})

t.test(
  'a kept commit and a later view-change that denies it are evidence, in both orders',
  async (t) => {
    const denial = viewChange(3, 4)
    const lower = viewChange(3, 4, prepared(n, 1, 'A'))
    for (const second of [denial, lower]) {
      t.strictSame(accusations([commit(3, 2, 'A'), second]), ['amnesia of 3'])
      t.strictSame(accusations([second, commit(3, 2, 'A')]), ['amnesia of 3'])
    }
    const faithful = viewChange(3, 4, prepared(n, 2, 'A'))
    t.strictSame(accusations([commit(3, 2, 'A'), faithful, prepare(3, 4, 'B')]), [])
    const higher = viewChange(3, 4, prepared(n, 3, 'B'))
    t.strictSame(accusations([commit(3, 2, 'A'), higher]), [], 'something newer was prepared')
    t.strictSame(accusations([commit(3, 4, 'A'), denial]), [], 'committed after the view-change')
  },
)

t.test(
  'a newer message of its kind hides nothing: an old denial still counts when it comes',
  async (t) => {
    const newer = viewChange(3, 7, prepared(n, 2, 'A'))
    t.strictSame(accusations([commit(3, 2, 'A'), newer, viewChange(3, 4)]), ['amnesia of 3'])
    const later = [viewChange(3, 4), commit(3, 5, 'B'), commit(3, 2, 'A')]
    t.strictSame(accusations(later), ['amnesia of 3'])
  },
)

t.test('messages that are sent again are no evidence, whatever is attached to them', async (t) => {
  const quorums = [
    [0, 1, 2],
    [1, 2, 3],
  ]
  const changes = quorums.map((by) => viewChange(3, 2, prepared(n, 1, 'A', by)))
  t.strictSame(accusations(changes), [], 'another quorum under the same report')
  const proposals = [
    [0, 1, 2],
    [0, 2, 3],
  ].map((by) => {
    const justification = justify(by.map((signer) => viewChange(signer, 1)))
    return prePrepare({ n, view: 1, name: 'B' }, justification)
  })
  t.strictSame(accusations(proposals), [], 'another justification of the same block')
  t.strictSame(accusations([commit(3, 1, 'A'), commit(3, 1, 'A'), commit(3, 1, 'A')]), [])
})

t.test('nobody is accused by another’s hand or of another chain', async (t) => {
  const forged = { ...commit(3, 1, 'B'), signature: commit(2, 1, 'B').signature }
  t.match(verifyMessage(contextFor(n), forged), { ok: false, reason: 'BAD_SIGNATURE' })
  const { config, ...rest } = contextFor(n)
  const reset = { ...rest, config: { ...config, chainId: `0x${'cd'.repeat(32)}` as const } }
  t.match(verifyMessage(reset, commit(3, 1, 'A')), { ok: false, reason: 'BAD_SIGNATURE' })
})

t.test('the effect holds what a transaction of evidence needs: two signed votes', async (t) => {
  const engine = engineOf('pbft')
  const config = configFor(n, null)
  const pairs = [
    [commit(3, 2, 'A'), viewChange(3, 4)],
    [prepare(3, 2, 'A'), prepare(3, 2, 'B')],
  ] as const
  for (const messages of pairs) {
    let { state } = engine.start({ config, nowMs: 0, resume: null, previous: null })
    const effects: Effect[] = []
    for (const message of messages) {
      const verification = verifyMessage(contextFor(n), message)
      if (!verification.ok) throw new Error(verification.reason)
      const input = { kind: 'message', from: 3, message: verification.message, nowMs: 0 } as const
      const step = engine.step(state, input)
      state = step.state
      effects.push(...step.effects)
    }
    const [evidence] = effects.filter((effect) => effect.kind === 'evidence')
    if (evidence === undefined) throw new Error('no evidence')
    t.ok(contradict(evidence.first, evidence.second), 'the registry sees the same contradiction')
    for (const { signature, ...message } of [evidence.first, evidence.second]) {
      const key = fromHex(memberOf(3).publicKey)
      t.ok(verifySimulated(key, voteDigest(chainId, message), signature))
    }
  }
})
