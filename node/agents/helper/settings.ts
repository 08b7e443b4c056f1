// What a helper's agent is told: which keys it serves, and what it stakes.
import { z } from 'zod'
import { hex32 } from '../settings.ts'

/** Which kind of key: one that a hospital deals, one that helpers make among themselves, replicated ones that an owner deals. */
const servesSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('dealer'), committee: hex32 }),
  z.strictObject({
    kind: z.literal('keyset'),
    keyset: hex32,
    /** The vaults over it whose questions are answered. */
    committees: z.array(hex32),
    /** Accounts that may have seats, its own included: it takes part in no making or handing over that names another. */
    members: z.array(hex32),
  }),
  z.strictObject({ kind: z.literal('replicated'), committee: hex32 }),
])

export type Serves = z.infer<typeof servesSchema>

export const helperSettingsSchema = z.strictObject({
  chainId: hex32,
  account: hex32,
  serves: servesSchema,
  /** Minor units, as a decimal string. */
  bond: z.string().regex(/^\d+$/),
  /**
   * What it does wrong, for the rehearsals which show that it is noticed and paid for; no flag and no variable of the command line
   * leads here. `bad-deal`: deals one member of its keyset a wrong share. `bad-scalar`: answers a question with a wrong scalar.
   * `false-complaint`: says that the first dealing (keyset) or the first record (replicated) is wrong. `silent`: answers nobody.
   */
  cheat: z.enum(['bad-deal', 'bad-scalar', 'false-complaint', 'silent']).nullable().default(null),
})
export type HelperSettings = z.infer<typeof helperSettingsSchema>
/** As it is written; what is hidden may be left out. */
export type HelperSettingsFile = z.input<typeof helperSettingsSchema>
