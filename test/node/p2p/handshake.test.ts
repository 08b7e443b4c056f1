// The handshake alone, over a pipe in memory: who is accepted, and why the others are not.
import { generateKeyPairSync, sign, verify } from 'node:crypto'
import t from 'tap'
import type { Control, ControlMessage } from '../../../node/p2p/control.ts'
import { type Handshake, performHandshake } from '../../../node/p2p/handshake.ts'
import { chainId } from './network.ts'

const keys = [generateKeyPairSync('ed25519'), generateKeyPairSync('ed25519')] as const
const names = [`0x${'0a'.repeat(32)}`, `0x${'0b'.repeat(32)}`] as const

type End = Control & {
  readonly deliver: (message: ControlMessage | undefined) => void
  readonly sent: ControlMessage[]
}

/** One end of a control stream; what it sends goes to `peer`. */
function createEnd(peer: () => End | undefined): End {
  const arrived: (ControlMessage | undefined)[] = []
  const sent: ControlMessage[] = []
  let waiter: ((message: ControlMessage | undefined) => void) | undefined
  return {
    sent,
    send: (message) => {
      sent.push(message)
      peer()?.deliver(message)
    },
    next: () =>
      arrived.length > 0
        ? Promise.resolve(arrived.shift())
        : new Promise((resolve) => {
            waiter = resolve
          }),
    listen: () => undefined,
    deliver: (message) => {
      if (waiter === undefined) arrived.push(message)
      else waiter(message)
      waiter = undefined
    },
  }
}

function pipe(): readonly [End, End] {
  const left: End = createEnd(() => right)
  const right: End = createEnd(() => left)
  return [left, right]
}

function side(place: 0 | 1, control: Control, changes: Partial<Handshake> = {}): Handshake {
  const other = place === 0 ? 1 : 0
  return {
    control,
    chainId,
    ownKey: names[place],
    peerKey: names[other],
    port: {
      sign: (challenge) => sign(null, challenge, keys[place].privateKey),
      verify: ({ challenge, proof }) => verify(null, challenge, keys[other].publicKey, proof),
    },
    ...changes,
  }
}

t.test('two members of one chain accept each other', async (t) => {
  const [left, right] = pipe()
  const both = [performHandshake(side(0, left)), performHandshake(side(1, right))]
  t.strictSame(await Promise.all(both), ['ACCEPTED', 'ACCEPTED'])
})

t.test('another chain is named as such, before anything is signed for it', async (t) => {
  const [left, right] = pipe()
  const other = `0x${'c2'.repeat(32)}` as const
  const both = [
    performHandshake(side(0, left)),
    performHandshake(side(1, right, { chainId: other })),
  ]
  t.strictSame(await Promise.all(both), ['WRONG_CHAIN', 'WRONG_CHAIN'])
  t.strictSame(
    left.sent.map(({ kind }) => kind),
    ['hello'],
  )
})

t.test('a proof recorded on another connection, or sent back, proves nothing', async (t) => {
  const [left, right] = pipe()
  await Promise.all([performHandshake(side(0, left)), performHandshake(side(1, right))])
  const [hello, recorded] = right.sent
  for (const replay of ['another connection', 'reflected'] as const) {
    const [fresh, attacker] = pipe()
    const outcome = performHandshake(side(0, fresh))
    if (hello !== undefined) attacker.send(hello)
    await attacker.next()
    const own = await attacker.next()
    const proof = replay === 'reflected' ? own : recorded
    if (proof !== undefined) attacker.send(proof)
    t.equal(await outcome, 'WRONG_PROOF', replay)
    t.notOk(fresh.sent.some(({ kind }) => kind === 'accepted'))
  }
})

t.test('messages out of turn and a stream that ends', async (t) => {
  const strange: readonly [string, readonly (ControlMessage | undefined)[]][] = [
    ['OUT_OF_TURN', [{ kind: 'accepted' }]],
    ['OUT_OF_TURN', [{ kind: 'ping', number: 1 }]],
    ['ENDED', [undefined]],
    ['ENDED', [{ kind: 'hello', version: 1, chainId, nonce: new Uint8Array(32) }, undefined]],
  ]
  for (const [expected, messages] of strange) {
    const [left] = pipe()
    const outcome = performHandshake(side(0, left))
    for (const message of messages) left.deliver(message)
    t.equal(await outcome, expected)
  }
})
