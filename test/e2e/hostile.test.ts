// One of four validators turns hostile, and so do the clients: three processes, all of them needed, go on deciding.
import { once } from 'node:events'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import { createSigner } from '../../node/crypto/ed25519.ts'
import { homePaths, readGenesis } from '../../node/home.ts'
import { readKey } from '../../node/keys/key-file.ts'
import { silentLogger } from '../../node/logger.ts'
import { handshakeOf, membersOf } from '../../node/network.ts'
import { createHost } from '../../node/p2p/host.ts'
import type { Host } from '../../node/p2p/types.ts'
import { blocksAnswerCodec, requestCodec } from '../../node/protocol.ts'
import { networkPaths } from '../../node/testnet/layout.ts'
import { stopIn } from '../../node/testnet/processes.ts'
import { decode, encode } from '../../vm/codec.ts'
import { decodeTransaction } from '../../vm/transaction.ts'
import { clientOf, epioneJson, statusOf, stopAfter, temporaryFolder } from '../support/epione.ts'

const turncoat = 'insurer'

/** Transfers to all that run; every one of them must come into a block. */
async function stillDecides(t: Test, home: string, after: string): Promise<void> {
  const args = ['testnet', 'bench', '--home', home, '--rate', '20', '--seconds', '1']
  const report = await epioneJson(t, args)
  t.match(report, { offered: 20, delivered: 20, refused: {} }, `after ${after}`)
}

/** A host with the p2p key of the turncoat; it believes everybody. */
async function createTurncoat(
  t: Test,
  network: string,
  consensus: 'own' | 'another',
): Promise<Host> {
  const home = networkPaths(network).validator(turncoat)
  const paths = homePaths(home)
  const { file, genesis } = await readGenesis(paths.genesis)
  const open = { passphrase: undefined }
  const peer = await readKey({ path: paths.peerKey, kind: 'p2p', ...open })
  const key = await readKey({ path: paths.consensusKey, kind: 'consensus', ...open })
  const { sign } = createSigner(consensus === 'own' ? key.secret : new Uint8Array(32).fill(9))
  const parts = { file, members: () => genesis.validators, peers: {}, signDigest: sign }
  const host = await createHost({
    peerSeed: peer.secret,
    chainId: genesis.chainId,
    listen: ['/ip4/127.0.0.1/tcp/0'],
    members: () => membersOf(parts),
    handshake: { ...handshakeOf(parts), verify: () => true },
    limits: { redialMinMs: 50, redialMaxMs: 100, dialGraceMs: 0 },
    log: silentLogger(),
  })
  t.teardown(() => host.stop())
  return host
}

/** Resolves when the host has met this many peers. */
function meets(host: Host, count: number): Promise<void> {
  return new Promise((resolve) => {
    host.onConnected(() => {
      if (host.connected().length >= count) resolve()
    })
  })
}

async function post(url: string, body: string | Uint8Array<ArrayBuffer>): Promise<number> {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(url, { method: 'POST', body, headers })
  await response.arrayBuffer()
  return response.status
}

const bodies: Readonly<Record<string, { readonly body: string; readonly status: number }>> = {
  'half a call': { body: '{"jsonrpc":"2.0",', status: 200 },
  'lists in lists': { body: '['.repeat(100_000) + ']'.repeat(100_000), status: 200 },
  'objects in objects': { body: `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`, status: 200 },
  'a mebibyte of nothing': { body: ' '.repeat(1024 * 1024), status: 200 },
  'a byte more than a body may have': { body: ' '.repeat(1024 * 1024 + 1), status: 413 },
}

t.test('three validators and a turncoat', async (t) => {
  const home = join(temporaryFolder(t), 'net')
  stopAfter(t, home)
  await epioneJson(t, ['testnet', 'init', '--home', home])
  await epioneJson(t, ['testnet', 'start', '--home', home])
  await stopIn(networkPaths(home).validator(turncoat))
  const nodes = (await statusOf(home)).filter(({ pid }) => pid !== null)
  t.equal(nodes.length, 3)

  await t.test('its p2p key without its consensus key opens no door', async (t) => {
    const host = await createTurncoat(t, home, 'another')
    const met = meets(host, 1)
    await host.start()
    await stillDecides(t, home, 'handshakes with another key')
    t.same(host.connected(), [])
    t.equal(await Promise.race([met, 'nobody']), 'nobody')
    await host.stop()
  })

  await t.test('with both keys it may ask for much', async (t) => {
    const host = await createTurncoat(t, home, 'own')
    const met = meets(host, 3)
    await host.start()
    await met
    const [first = '0x'] = host.connected()
    const blocks = encode(requestCodec, { kind: 'blocks', from: 1, count: 64 })
    const answer = await host.request(first, blocks)
    t.ok(answer.ok)
    if (!answer.ok) return
    const served = decode(blocksAnswerCodec, answer.bytes)
    const decided =
      served.kind === 'blocks' ? served.blocks.flatMap(({ envelopes }) => envelopes) : []
    const known = decided.map((envelope) => decodeTransaction(envelope).id)
    const ids = Array.from({ length: 10_000 }, (_, place) => known[place % known.length] ?? '0x')
    const asks = host
      .connected()
      .flatMap((peer) =>
        Array.from({ length: 4 }, () =>
          host.request(peer, encode(requestCodec, { kind: 'bodies', ids })),
        ),
      )
    await stillDecides(t, home, 'requests for thousands of bodies')
    await Promise.all(asks)
    t.equal(host.connected().length, 3, 'which is its right')

    const dropped = new Promise((resolve) => host.onDisconnected(resolve))
    host.broadcast(new Uint8Array(1024 * 1024).fill(0x9f))
    await dropped
    await stillDecides(t, home, 'a mebibyte of garbage')
    await host.stop()
  })

  await t.test('nonsense over HTTP and WebSocket is answered or hung up on', async (t) => {
    const url = nodes[0]?.rpcUrl ?? ''
    for (const [what, { body, status }] of Object.entries(bodies))
      t.equal(await post(url, body), status, what)
    const calls = Array.from({ length: 1_000 }, () =>
      post(url, '{"jsonrpc":"2.0","id":1,"method":"rpc.discover"}').catch(() => 'hung up'),
    )
    const sockets = Array.from({ length: 50 }, () => new WebSocket(url.replace('http', 'ws')))
    const closed = sockets.map(async (socket) => {
      await once(socket, 'open')
      for (let count = 0; count < 100; count++) socket.send('[[[['.repeat(count))
      socket.send(new Uint8Array(1_000))
      await once(socket, 'close')
    })
    await stillDecides(t, home, 'a thousand calls and fifty sockets')
    await Promise.allSettled([...calls, ...closed])
    for (const socket of sockets) socket.terminate()
  })

  const heads = await Promise.all(nodes.map((node) => clientOf(node).head()))
  const height = Math.min(...heads.map((head) => head.height))
  const roots = await Promise.all(nodes.map((node) => clientOf(node).header(height)))
  t.equal(new Set(roots.map(({ header }) => header.stateRoot)).size, 1)
  const pids = (await statusOf(home)).map(({ pid }) => pid)
  for (const { pid } of nodes) t.ok(pids.includes(pid), 'no process ended')
})
