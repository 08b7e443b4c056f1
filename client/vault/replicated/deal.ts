// Dealing replicated keys: the owner's deal, and what a server does with its boxes.
import { classKeysHash, committeeId, FIRST_EPOCH } from '../../../apps/vault/ids.ts'
import type { Ack } from '../../../apps/vault/payloads.ts'
import {
  boxPlace,
  classesOf,
  classHolders,
  type Sizes,
} from '../../../apps/vault/replicated/classes.ts'
import { complainKeySession } from '../../../apps/vault/replicated/complain-key.ts'
import { repInitSession } from '../../../apps/vault/replicated/init.ts'
import type { RepComplainKey, RepInit } from '../../../apps/vault/replicated/payloads.ts'
import { keyBoxContext } from '../../../apps/vault/replicated/statements.ts'
import type { RepDealState } from '../../../apps/vault/replicated/values.ts'
import { blank } from '../../../apps/vault/statements.ts'
import { assert } from '../../../vm/assert.ts'
import { openBox, proveEphemeral, revealOpening, sealBox } from '../../../vm/crypto/box.ts'
import type { Group } from '../../../vm/crypto/group.ts'
import type { AccountId, Digest } from '../../../vm/types.ts'
import type { DealPlan } from '../deal.ts'
import {
  decodeSecret,
  deriveBytes,
  deriveScalar,
  type Entropy,
  encodeSecret,
  type SecretScalar,
} from '../entropy.ts'
import { requirePoint } from '../points.ts'

export type RepDealPlan = DealPlan & { readonly answers: RepInit['answers'] }

/** The key of each class that somebody holds; the owner holds all of them. */
export type ClassSecrets = ReadonlyMap<number, SecretScalar>

function sizesOf({ threshold, servers }: RepDealPlan): Sizes {
  return { threshold, seats: servers.length }
}

/** The keys of all classes of a deal; the owner keeps them, or the plan with its entropy, to write records. */
export function classSecretsOf<P>(group: Group<P>, plan: RepDealPlan): ClassSecrets {
  return new Map(
    classHolders(sizesOf(plan)).map((_, at) => {
      const parts = [new Uint8Array([at])]
      const secret = deriveScalar(group, plan.entropy, { label: 'class-key', parts })
      return [at + 1, encodeSecret(group, secret)] as const
    }),
  )
}

/** The box of one class for one seat of a deal. */
export function sealClassKey<P>(
  group: Group<P>,
  plan: RepDealPlan,
  held: { readonly class: number; readonly index: number; readonly secret: SecretScalar },
): Uint8Array {
  const { account, nonce, servers, entropy } = plan
  const a = deriveScalar(group, entropy, { label: 'boxes' })
  const recipient = requirePoint(group, servers[held.index - 1]?.boxKey ?? new Uint8Array())
  const committee = committeeId({ account, nonce })
  const context = keyBoxContext({ committee, epoch: FIRST_EPOCH, ...held })
  const place = { E: group.multiplyBase(a), recipient, context }
  const message = group.encodeScalar(decodeSecret(group, held.secret))
  return sealBox(group, place, { a, message })
}

/** A deal without its proof. */
export function sealRepDeal<P>(group: Group<P>, plan: RepDealPlan): RepInit {
  const { account, nonce, threshold, minimum, servers, currency, bond, answers, entropy } = plan
  const secrets = [...classSecretsOf(group, plan)]
  const holders = classHolders(sizesOf(plan))
  const a = deriveScalar(group, entropy, { label: 'boxes' })
  return {
    account,
    nonce,
    threshold,
    minimum,
    servers: servers.map((server) => server.account),
    classKeys: secrets.map(([, secret]) =>
      group.encode(group.multiplyBase(decodeSecret(group, secret))),
    ),
    boxPoint: group.encode(group.multiplyBase(a)),
    boxProof: blank(64),
    boxes: secrets.flatMap(([held, secret]) =>
      (holders[held - 1] ?? []).map((index) =>
        sealClassKey(group, plan, { class: held, index, secret }),
      ),
    ),
    answers,
    currency,
    bond,
  }
}

/** The same deal with the proof that its dealer knows what is behind the boxes; it binds every byte of it. */
export function proveRepDeal<P>(group: Group<P>, plan: RepDealPlan, bare: RepInit): RepInit {
  const { chainId, servers, entropy } = plan
  const a = deriveScalar(group, entropy, { label: 'boxes' })
  const recipients = servers.map(({ boxKey }) => requirePoint(group, boxKey))
  const session = repInitSession(chainId, bare)
  const place = { E: group.multiplyBase(a), recipients, session }
  const random = deriveBytes(entropy, 'boxes-proof')
  return { ...bare, boxProof: proveEphemeral(group, place, { a, random }) }
}

/** The deal of fresh random keys. */
export function buildRepInit<P>(group: Group<P>, plan: RepDealPlan): RepInit {
  return proveRepDeal(group, plan, sealRepDeal(group, plan))
}

/** A seat of a replicated deal as its server sees it. */
export type RepSeat = {
  readonly committee: Digest
  readonly epoch: number
  readonly index: number
  readonly deal: RepDealState
  /** All boxes from the payload of the deal's transaction. */
  readonly boxes: readonly Uint8Array[]
  readonly boxSecret: SecretScalar
}

function boxOf({ deal, index, boxes }: RepSeat, held: number): Uint8Array {
  const sizes = { threshold: deal.threshold, seats: deal.servers.length }
  const box = boxes[boxPlace(sizes, { holdingClass: held, index })]
  assert(box !== undefined, 'a deal has a box for each class of a seat')
  return box
}

/** The keys in the boxes of a seat, and the classes whose box is garbage or holds another key: about these the server complains. */
export function readClassKeys<P>(
  group: Group<P>,
  seat: RepSeat,
): { readonly secrets: ClassSecrets; readonly bad: readonly number[] } {
  const { committee, epoch, index, deal, boxSecret } = seat
  const secretKey = decodeSecret(group, boxSecret)
  const recipient = group.multiplyBase(secretKey)
  const E = requirePoint(group, deal.boxPoint)
  const secrets = new Map<number, SecretScalar>()
  const bad: number[] = []
  const sizes = { threshold: deal.threshold, seats: deal.servers.length }
  for (const held of classesOf(sizes, index)) {
    const context = keyBoxContext({ committee, epoch, index, class: held })
    const message = openBox(group, { E, recipient, context }, { secretKey, box: boxOf(seat, held) })
    const key = message === undefined ? undefined : group.decodeScalar(message)
    const promised = requirePoint(group, deal.classKeys[held - 1] ?? new Uint8Array())
    if (key !== undefined && group.equal(group.multiplyBase(key), promised))
      secrets.set(held, encodeSecret(group, key))
    else bad.push(held)
  }
  return { secrets, bad }
}

/** Who sends a transaction, on which chain. */
export type Sender = {
  readonly chainId: Digest
  readonly account: AccountId
  readonly entropy: Entropy
}

/** Opens the seat's boxes to everybody; keys that were opened are never used, so nothing else is given away. */
export function buildRepComplainKey<P>(
  group: Group<P>,
  seat: RepSeat,
  sender: Sender & { readonly class: number },
): RepComplainKey {
  const { committee, epoch, index, deal, boxSecret } = seat
  const { chainId, account, entropy, class: held } = sender
  const secretKey = decodeSecret(group, boxSecret)
  const E = requirePoint(group, deal.boxPoint)
  const opening = group.encode(group.multiply(E, secretKey))
  const place = { account, committee, epoch, index, class: held }
  const bare = { ...place, box: boxOf(seat, held), opening, proof: blank(64) }
  const session = complainKeySession(chainId, bare)
  const random = deriveBytes(entropy, 'complain-proof')
  return { ...bare, proof: revealOpening(group, { E, session }, { secretKey, random }).proof }
}

/** Acknowledges the public keys of all classes. */
export function buildRepAck(
  { committee, epoch, index, deal }: Omit<RepSeat, 'boxes' | 'boxSecret'>,
  account: AccountId,
): Ack {
  const { classKeys } = deal
  const keysHash = classKeysHash({ committee, epoch, classKeys })
  return { account, committee, epoch, index, keysHash }
}
