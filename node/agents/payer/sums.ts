// Reading answers of either kind: a sum under the payer's key, a small logarithm away, or scalars that are held against commitments.
import { randomBytes } from 'node:crypto'
import { querySettle } from '../../../apps/vault/query-settle.ts'
import { type Act, act } from '../../../client/transaction.ts'
import { buildSettle, readResult } from '../../../client/vault/query.ts'
import { buildScalarSettle } from '../../../client/vault/replicated/answer.ts'
import { basesOf } from '../../../vm/crypto/bases.ts'
import type { DiscreteLog } from '../../../vm/crypto/discrete-log.ts'
import { loadLogarithms } from '../../crypto/logarithms.ts'
import { EpioneError } from '../../errors.ts'
import type { AgentContext } from '../process.ts'
import { agentPaths } from '../settings.ts'
import { type Answered, type Asking, endQuery } from './question.ts'
import { openScalarBoxes } from './scalar-boxes.ts'
import { isScalar, readScalars } from './scalars.ts'

export type Sum = {
  readonly minorUnits: bigint
  /** Commits to the sum with a proof. */
  readonly settlement: () => Act
}

export type Sums = {
  /** Undefined if not all answers were right until the deadline; then the query is ended. */
  readonly read: (answered: Answered) => Promise<Sum | undefined>
}

/** The table of baby steps takes half a second, once: it is read or made when the first answer is there. */
function lazyLog({ crypto, home }: AgentContext): () => Promise<DiscreteLog> {
  let log: Promise<DiscreteLog> | undefined
  return () => {
    const { group } = crypto
    log ??= loadLogarithms(agentPaths(home).file('logarithms.bin'), group.encode(basesOf(group).H))
    return log
  }
}

function unreadable(query: string): EpioneError {
  return new EpioneError({
    code: 'INTERNAL',
    message: `the result of ${query} holds no sum of 32-bit amounts`,
    hint: 'proofs make this impossible: report it with the folder of this payer',
  })
}

export function createSums(asking: Asking): Sums {
  const { context, signer } = asking
  const { anchor, crypto } = context
  const { group } = crypto
  const { chainId } = anchor
  const { account } = signer
  const log = lazyLog(context)
  const boxes = openScalarBoxes(context, account)

  const readMasked = async (answered: Answered): Promise<Sum> => {
    const { query, result, answerSecret, asked } = answered
    const { count } = asked
    const sum = readResult({ group, log: await log() }, result, { answerSecret, count })
    if (sum === undefined) throw unreadable(query)
    const settlement = (): Act => {
      const about = { chainId, account, query, result, answerSecret, sum }
      return act(querySettle, buildSettle(group, { ...about, entropy: randomBytes(32) }).payload)
    }
    return { minorUnits: sum, settlement }
  }

  const readScalar = async (answered: Answered): Promise<Sum | undefined> => {
    const found = await readScalars(asking, answered, boxes)
    if (found === undefined) {
      await endQuery(asking, answered.query)
      return undefined
    }
    const { query, asked } = answered
    const settlement = (): Act => {
      const about = { chainId, account, query, answerKey: asked.answerKey, ...found }
      const { payload } = buildScalarSettle(group, { ...about, entropy: randomBytes(32) })
      return act(querySettle, payload)
    }
    return { minorUnits: found.sum, settlement }
  }

  // How a committee answers is part of its deal.
  const modes = new Map<number, boolean>()
  const isInBoxes = async (answered: Answered): Promise<boolean> => {
    const { epoch } = answered.asked
    const known = modes.get(epoch) ?? (await isScalar(asking, answered))
    modes.set(epoch, known)
    return known
  }

  return {
    read: async (answered) =>
      (await isInBoxes(answered)) ? readScalar(answered) : readMasked(answered),
  }
}
