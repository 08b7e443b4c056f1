// Serves replicated keys that an owner deals: checks every record as it comes, and answers for its classes.
import { FIRST_EPOCH } from '../../../apps/vault/ids.ts'
import type { Digest } from '../../../vm/types.ts'
import { createAnswers } from './answers.ts'
import { classAnswer } from './class-answer.ts'
import { createRecordChecks } from './record-checks.ts'
import { deliverFor } from './register.ts'
import { replicatedKeys } from './replicated-keys.ts'
import { createSeat } from './seat.ts'
import type { Service, ServiceParameters } from './service.ts'

export function serveReplicated(parameters: ServiceParameters, committee: Digest): Service {
  const { context, signer, own, bond, cheat } = parameters
  const { account } = signer
  const state = own.reader
  const place = { context, signer, committee, epoch: FIRST_EPOCH, bond, state }
  const seat = createSeat(place, replicatedKeys(place))
  const checks = createRecordChecks({
    context,
    account,
    committee,
    state,
    deliver: deliverFor(context, signer),
    isFalse: cheat === 'false-complaint',
  })
  const isWrong = cheat === 'bad-scalar'
  const answers = createAnswers({
    context,
    signer,
    own,
    committee,
    answerTo: (asked) => {
      const held = seat.held()
      if (held === undefined) return undefined
      return classAnswer(context, state, { account, held, isWrong })(asked)
    },
  })
  return {
    begin: seat.begin,
    look: async (after, acts) => {
      // Records come after the deal, so its keys are known by the time they are needed.
      await seat.prepare()
      const held = seat.held()
      if (held !== undefined) checks.look(after, acts, held)
    },
    attend: (timeMs) => {
      const held = seat.held()
      const seated = seat.attend(timeMs)
      if (held === undefined) return [seated]
      const complaints = checks.attend(held)
      if (cheat === 'silent') return [seated, ...complaints]
      return [seated, ...complaints, ...answers.attend(timeMs)]
    },
  }
}
