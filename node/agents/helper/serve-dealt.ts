// Serves a threshold key that a hospital deals.
import type { Digest } from '../../../vm/types.ts'
import { createAnswers } from './answers.ts'
import { dealtKey } from './dealt-key.ts'
import { createSeat } from './seat.ts'
import type { Service, ServiceParameters } from './service.ts'
import { shareAnswer } from './share-answer.ts'

export function serveDealt(parameters: ServiceParameters, committee: Digest): Service {
  const { context, signer, own, bond, cheat } = parameters
  const { account } = signer
  const place = { context, signer, committee, bond, state: own.reader }
  const seat = createSeat(place, dealtKey(place))
  const answers = createAnswers({
    context,
    signer,
    own,
    committee,
    answerTo: (asked) => {
      const held = seat.held()
      if (held === undefined) return undefined
      return shareAnswer(context, own.reader, { account, seat: held })(asked)
    },
  })
  return {
    begin: seat.begin,
    look: () => Promise.resolve(),
    attend: (timeMs) =>
      cheat === 'silent' ? [seat.attend(timeMs)] : [seat.attend(timeMs), ...answers.attend(timeMs)],
  }
}
