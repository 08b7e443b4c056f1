// What agents tell the process that started them, and what it asks of them: plain objects over the channel between the two.
import { z } from 'zod'

const hex32 = z.custom<`0x${string}`>(
  (value) => typeof value === 'string' && /^0x[0-9a-f]{64}$/.test(value),
)
const count = z.int().min(0)

/** One bucket that a payer asked for, by the pseudonym of its patient. */
const answerSchema = z.strictObject({
  tag: hex32,
  outcome: z.discriminatedUnion('kind', [
    /** The decrypted sum, as a decimal string. */
    z.strictObject({ kind: z.literal('sum'), minorUnits: z.string(), count }),
    /** The ledger refused the question. */
    z.strictObject({ kind: z.literal('withheld'), code: z.string() }),
    /** Asked twice, and twice without a result at the deadline. */
    z.strictObject({ kind: z.literal('unanswered') }),
  ]),
})
export type Answer = z.infer<typeof answerSchema>

export const reportSchema = z.discriminatedUnion('kind', [
  /** It has read its home and follows the chain. */
  z.strictObject({ kind: z.literal('ready') }),
  /** Parts of the task that are done, of how many. */
  z.strictObject({ kind: z.literal('progress'), done: count, total: count }),
  /** A step is complete. */
  z.strictObject({
    kind: z.literal('done'),
    step: z.string(),
    latenciesMs: z.array(z.number()),
    /** What this run added of that which the step makes; the rest was there already. */
    added: count,
    answers: z.array(answerSchema).optional(),
  }),
  /** It cannot go on; the line says why and what to do. */
  z.strictObject({ kind: z.literal('failed'), line: z.string() }),
])
export type Report = z.infer<typeof reportSchema>

/** Do the next step. */
export const commandSchema = z.strictObject({ do: z.string() })
