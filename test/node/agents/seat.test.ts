// A helper's seat: what it does with its box, honest or not, before and after the windows.
import { mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type Test, test } from 'tap'
import { boxHash } from '../../../apps/vault/deals.ts'
import { FIRST_EPOCH } from '../../../apps/vault/ids.ts'
import { deriveServerKeys } from '../../../apps/vault/keys.ts'
import type { ServerOffer } from '../../../apps/vault/payloads.ts'
import { serverOffer } from '../../../apps/vault/server-offer.ts'
import { committeeTable, dealTable } from '../../../apps/vault/state.ts'
import { createSeedSigner } from '../../../client/signer.ts'
import type { Act } from '../../../client/transaction.ts'
import { buildInit, planCommittee } from '../../../client/vault/deal.ts'
import { createKeyPair } from '../../../client/vault/entropy.ts'
import { ONE_DEALER } from '../../../node/agents/helper/boxes.ts'
import { dealtKey } from '../../../node/agents/helper/dealt-key.ts'
import { boxesTable } from '../../../node/agents/helper/own-tables.ts'
import { createSeat } from '../../../node/agents/helper/seat.ts'
import type { AgentContext } from '../../../node/agents/process.ts'
import { createNativeSuite } from '../../../node/crypto/suite.ts'
import { silentLogger } from '../../../node/logger.ts'
import { fromHex } from '../../../vm/bytes.ts'
import { createOverlay, emptyState } from '../../../vm/state.ts'
import type { Hex } from '../../../vm/types.ts'
import { temporaryFolder } from '../../support/epione.ts'

const id = (byte: string): Hex => `0x${byte.repeat(32)}` as Hex
const chainId = id('c1')
const HELPER = id('01')
const HOSPITAL = id('02')
const OTHER = id('08')
const WINDOW = { complaintsEndMs: 2_000, acksEndMs: 60_000 }
const entropy = new Uint8Array(32).fill(3)
const { nonce, committee } = planCommittee(HOSPITAL, entropy)
const crypto = await createNativeSuite()
const { group } = crypto

/** A seat over a state that a test fills; answers the names of what it sends. */
function seatIn(t: Test, codes: Readonly<Record<string, string>> = {}) {
  const home = temporaryFolder(t)
  mkdirSync(join(home, 'keys'))
  const sent = new Map<string, Act>()
  const sender: AgentContext['sender'] = {
    latencies: () => [],
    deliver: async ({ key, make }) => {
      sent.set(key, await make())
      return { code: codes[key] ?? '', items: [], height: 1 }
    },
  }
  const state = createOverlay(emptyState)
  const outbox = { get: () => undefined }
  const context = { home, crypto, sender, outbox, log: silentLogger(), anchor: { chainId } }
  const signer = createSeedSigner({ account: HELPER, seed: new Uint8Array(32).fill(4) })
  const place = {
    context: context as unknown as AgentContext,
    signer,
    committee,
    epoch: FIRST_EPOCH,
    bond: 5n,
    state,
  }
  const seat = createSeat(place, dealtKey(place))
  return { home, seat, sent, state }
}

/** The hospital deals to the key that the helper offered and to another server, or puts something else into the box. */
async function deal({ seat, sent, state }: ReturnType<typeof seatIn>, lie = false): Promise<void> {
  await seat.offer()
  const offer = sent.get('server.offer')
  if (offer === undefined) throw new Error('no offer')
  const own = serverOffer.payload.fromCbor(offer.payload) as unknown as ServerOffer
  const other = createKeyPair(group, new Uint8Array(32).fill(5), 'box-key')
  const plan = {
    chainId,
    account: HOSPITAL,
    nonce,
    threshold: 2,
    minimum: 2,
    servers: [
      { account: OTHER, boxKey: fromHex(other.publicKey) },
      { account: HELPER, boxKey: own.boxKey },
    ],
    currency: 'USD',
    bond: 1n,
    entropy,
  }
  const honest = buildInit(group, plan)
  // The box of the other seat opens for nobody here, as garbage does.
  const init = lie ? { ...honest, boxes: honest.boxes.toReversed() } : honest
  const points = init.commitments.map((bytes) => group.decode(bytes) ?? group.identity)
  const content = {
    threshold: 2,
    servers: init.servers,
    organizations: [],
    commitments: init.commitments,
    serverKeys: deriveServerKeys(group, points, 2).map(group.encode),
    boxPoint: init.boxPoint,
    boxKeys: plan.servers.map(({ boxKey }) => boxKey),
    boxHashes: init.boxes.map(boxHash),
    txId: id('00'),
  }
  dealTable.put(state, content, committee, FIRST_EPOCH)
  boxesTable.put(state, [...init.boxes], committee, FIRST_EPOCH, ONE_DEALER)
  put(state, {})
}

function put(
  state: ReturnType<typeof createOverlay>,
  changes: { readonly acks?: readonly number[]; readonly fault?: `0x${string}` },
): void {
  const dealt = { account: HOSPITAL, organization: id('0f'), epoch: 1, minimum: 2 }
  const rest = { previous: null, currency: 'USD', dealtMs: 500, ...WINDOW, acks: [], fault: null }
  committeeTable.put(state, { ...dealt, ...rest, ...changes }, committee)
}

const did = ({ sent }: ReturnType<typeof seatIn>) =>
  [...sent.keys()].filter((key) => key.startsWith('vault.'))

test('a right share is taken at once and acknowledged when complaints are over', async (t) => {
  const world = seatIn(t)
  const { seat, home, state } = world
  await deal(world)
  t.equal(seat.held(), undefined)
  await seat.attend(1_000)
  t.match(seat.held(), { index: 2 })
  t.same(did(world), [])
  t.equal(statSync(join(home, 'keys', 'share.json')).mode & 0o777, 0o600)
  await seat.attend(WINDOW.complaintsEndMs)
  t.same(did(world), ['vault.ack/0'])
  put(state, { acks: [2, 1] })
  await seat.attend(WINDOW.complaintsEndMs + 1)
  t.throws(() => statSync(join(home, 'keys', 'offer.json')), { code: 'ENOENT' }, 'key is gone')
  await seat.attend(WINDOW.complaintsEndMs + 2)
  t.same(did(world), ['vault.ack/0'], 'once')
})

test('an acknowledgement that came too early by the block’s clock is sent again', async (t) => {
  const world = seatIn(t, { 'vault.ack/0': 'COMPLAINTS_OPEN' })
  await deal(world)
  await world.seat.attend(WINDOW.complaintsEndMs)
  t.same(did(world), ['vault.ack/0', 'vault.ack/1'])
})

test('a wrong share is complained about inside the window, and never acknowledged', async (t) => {
  const world = seatIn(t)
  await deal(world, true)
  await world.seat.attend(1_000)
  t.same(did(world), ['vault.complain'])
  await world.seat.attend(WINDOW.complaintsEndMs)
  t.same(did(world), ['vault.complain'])
  t.equal(world.seat.held(), undefined)

  const late = seatIn(t)
  await deal(late, true)
  await late.seat.attend(WINDOW.complaintsEndMs)
  t.same(did(late), [], 'a late complaint would open the box for nothing')
})

test('nothing is done about a deal that was aborted or is over', async (t) => {
  const aborted = seatIn(t)
  await deal(aborted)
  put(aborted.state, { fault: id('dd') })
  await aborted.seat.attend(WINDOW.complaintsEndMs)
  t.same(did(aborted), [])
  const over = seatIn(t)
  await deal(over)
  await over.seat.attend(WINDOW.acksEndMs)
  t.same(did(over), [])
})
