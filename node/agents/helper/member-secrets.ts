// What a member of a keyset keeps in its home: the entropy of each offer until its epoch is decided, and its shares of each epoch.
import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { z } from 'zod'
import type { SecretScalar } from '../../../client/vault/entropy.ts'
import { fromHex, toHex } from '../../../vm/bytes.ts'
import { agentPaths, hex32, keepJson, readJson } from '../settings.ts'

const offerSchema = z.strictObject({ entropy: hex32 })
const sharesSchema = z.strictObject({
  index: z.int(),
  /** One for each purpose, in the order of the plan. */
  shares: z.array(hex32),
})
export type MemberShares = {
  readonly index: number
  readonly shares: readonly SecretScalar[]
}

export type MemberSecrets = {
  /** Drawn once for the epoch. */
  readonly drawOffer: (epoch: number) => Promise<Uint8Array>
  readonly offer: (epoch: number) => Promise<Uint8Array | undefined>
  readonly eraseOffer: (epoch: number) => Promise<void>
  readonly keepShares: (epoch: number, shares: MemberShares) => Promise<void>
  readonly shares: (epoch: number) => Promise<MemberShares | undefined>
  readonly eraseShares: (epoch: number) => Promise<void>
}

export function openMemberSecrets(home: string): MemberSecrets {
  const { secret } = agentPaths(home)
  const offerFile = (epoch: number) => secret(`keyset-offer-${epoch}`)
  const sharesFile = (epoch: number) => secret(`keyset-shares-${epoch}`)
  return {
    drawOffer: async (epoch) => {
      const fresh = { entropy: toHex(randomBytes(32)) }
      return fromHex((await keepJson(offerFile(epoch), offerSchema, fresh)).entropy)
    },
    offer: async (epoch) => {
      const kept = await readJson(offerFile(epoch), offerSchema)
      return kept && fromHex(kept.entropy)
    },
    eraseOffer: (epoch) => rm(offerFile(epoch), { force: true }),
    keepShares: async (epoch, { index, shares }) => {
      await keepJson(sharesFile(epoch), sharesSchema, { index, shares: [...shares] })
    },
    shares: (epoch) => readJson(sharesFile(epoch), sharesSchema),
    eraseShares: (epoch) => rm(sharesFile(epoch), { force: true }),
  }
}
