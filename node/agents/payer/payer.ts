// A payer: asks for the sum of every bucket that a patient lets it ask for, reads the answers, and commits to them.
import { z } from 'zod'
import { replaceFile } from '../../files.ts'
import { mapLimited } from '../limit.ts'
import type { Answer } from '../messages.ts'
import type { AgentContext } from '../process.ts'
import { agentPaths, hex32, keepJson, readSigner, requireJson, toJsonBytes } from '../settings.ts'
import { openSegment, type Permitted, permittedBuckets } from './buckets.ts'
import { type Answered, type Asked, type Asking, ask } from './question.ts'
import { createSums, type Sum } from './sums.ts'

export const payerSettingsSchema = z.strictObject({
  chainId: hex32,
  account: hex32,
  committee: hex32,
  /** Minor units for each query, as a decimal string. */
  fee: z.string().regex(/^\d+$/),
})

/** Questions of one payer that are open at a time. */
const AT_ONCE = 3

const segmentSchema = z.strictObject({ segment: z.int(), count: z.int() })

/** Which segment is asked for is decided once, so that a restart asks for the same. */
async function chooseSegment({ context, committee }: Asking, { bucket }: Permitted) {
  const path = agentPaths(context.home).secret(`segment-${bucket.tag}`)
  const open = await openSegment(context.nodes, { committee, bucket })
  // An empty bucket may be filled later: nothing is decided about it.
  return open.count === 0 && open.segment === 0 ? undefined : keepJson(path, segmentSchema, open)
}

/** Asks, and once more by the segment's number if nothing came. */
async function askTwice(
  asking: Asking,
  { consent, bucket }: Permitted,
  segment: number,
): Promise<Asked> {
  const about = { consent, target: { kind: 'segment', bucket, segment } as const }
  const first = await ask(asking, `${bucket.tag}-a`, about)
  return first.kind === 'late' ? ask(asking, `${bucket.tag}-b`, about) : first
}

async function settle(
  { context, signer }: Asking,
  { query }: Answered,
  { settlement }: Sum,
): Promise<void> {
  const order = { key: `query.settle/${query}`, make: settlement, signers: [signer] }
  const { code } = await context.sender.deliver(order)
  if (code !== '' && code !== 'SETTLED') context.log.warn({ query, code }, 'not settled')
}

export async function runPayer(context: AgentContext): Promise<void> {
  const { home, nodes, sender, report, asked, ended } = context
  const paths = agentPaths(home)
  const settings = await requireJson(paths.settings, payerSettingsSchema)
  const signer = await readSigner(home, settings.account)
  const { committee } = settings
  const asking: Asking = { context, signer, committee, fee: BigInt(settings.fee) }
  const sums = createSums(asking)
  report({ kind: 'ready' })

  const settled: Promise<void>[] = []
  const answerOf = async (permitted: Permitted): Promise<Answer | undefined> => {
    const segment = await chooseSegment(asking, permitted)
    if (segment === undefined) return undefined
    const { tag } = permitted.bucket
    const answer = await askTwice(asking, permitted, segment.segment)
    if (answer.kind === 'refused') return { tag, outcome: { kind: 'withheld', code: answer.code } }
    if (answer.kind === 'late') return { tag, outcome: { kind: 'unanswered' } }
    const sum = await sums.read(answer)
    if (sum === undefined) return { tag, outcome: { kind: 'unanswered' } }
    const { count } = answer.asked
    const settling = settle(asking, answer, sum)
    // It is waited for at the end; until then its failure is nobody's unhandled rejection.
    settling.catch(() => undefined)
    settled.push(settling)
    return { tag, outcome: { kind: 'sum', minorUnits: sum.minorUnits.toString(), count } }
  }

  const work = async (): Promise<void> => {
    await asked('ask')
    const permitted = await permittedBuckets(nodes, { account: signer.account, committee })
    let done = 0
    const found = await mapLimited(permitted, AT_ONCE, async (one) => {
      const answer = await answerOf(one)
      done += 1
      report({ kind: 'progress', done, total: permitted.length })
      return answer
    })
    await Promise.all(settled)
    const answers = found.filter((answer) => answer !== undefined)
    await replaceFile(paths.file('results.json'), toJsonBytes({ answers }))
    const latenciesMs = [...sender.latencies()]
    const added = latenciesMs.length
    report({ kind: 'done', step: 'ask', latenciesMs, added, answers })
    await ended
  }
  await Promise.race([work(), ended])
}
