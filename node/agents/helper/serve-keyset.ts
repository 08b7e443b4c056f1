// Serves the key of a keyset that its members make among themselves, for every vault over it.
import { planTable } from '../../../apps/committee/state.ts'
import type { QueryState } from '../../../apps/vault/values.ts'
import { vaultShare } from '../../../client/vault/keyset.ts'
import type { AccountId, Digest } from '../../../vm/types.ts'
import { createAnswers } from './answers.ts'
import { createMember } from './member.ts'
import { register } from './register.ts'
import type { Service, ServiceParameters } from './service.ts'
import { type Seated, shareAnswer } from './share-answer.ts'

export type Keyset = {
  readonly keyset: Digest
  readonly committees: readonly Digest[]
  readonly members: readonly AccountId[]
}

export function serveKeyset(parameters: ServiceParameters, serves: Keyset): Service {
  const { context, signer, own, bond, cheat } = parameters
  const { account } = signer
  const { keyset, committees, members } = serves
  const state = own.reader
  const questionsMs = context.anchor.vault.queryDeadlineMs
  const member = createMember({ context, signer, state, keyset, members, questionsMs, cheat })

  /** The share of the key for sums, of the epoch in which the question was asked. */
  const seatAt = ({ epoch }: QueryState): Seated | undefined => {
    const held = member.held(epoch)
    const plan = planTable.get(state, keyset, epoch)
    const share = plan && held && vaultShare(plan, held.shares)
    return share && { index: held.index, share }
  }

  const answers = committees.map((committee) =>
    createAnswers({
      context,
      signer,
      own,
      committee,
      answerTo: (about) => {
        const seat = seatAt(about.asked)
        return seat && shareAnswer(context, state, { account, seat })(about)
      },
    }),
  )
  return {
    begin: () => register(context, signer, bond),
    attend: (timeMs) => {
      const duties = member.attend(timeMs)
      if (cheat === 'silent') return [duties]
      return [duties, ...answers.flatMap((each) => each.attend(timeMs))]
    },
  }
}
