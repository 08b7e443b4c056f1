// Serves a threshold key that a hospital deals, in every epoch in which it deals it again.
import { rm } from 'node:fs/promises'
import { epochInForce } from '../../../apps/vault/committee.ts'
import { FIRST_EPOCH } from '../../../apps/vault/ids.ts'
import { committeeTable } from '../../../apps/vault/state.ts'
import type { Digest, TimeMs } from '../../../vm/types.ts'
import { agentPaths } from '../settings.ts'
import { createAnswers } from './answers.ts'
import { dealtKey, type Share } from './dealt-key.ts'
import { createSeat, nameAt, type SeatDuties } from './seat.ts'
import type { Service, ServiceParameters } from './service.ts'
import { shareAnswer } from './share-answer.ts'

export function serveDealt(parameters: ServiceParameters, committee: Digest): Service {
  const { context, signer, own, bond, cheat } = parameters
  const { account } = signer
  const state = own.reader
  const seats = new Map<number, SeatDuties<Share>>()
  const seatAt = (epoch: number): SeatDuties<Share> => {
    const place = { context, signer, committee, epoch, bond, state }
    const seat = seats.get(epoch) ?? createSeat(place, dealtKey(place))
    seats.set(epoch, seat)
    return seat
  }
  const answers = createAnswers({
    context,
    signer,
    own,
    committee,
    answerTo: (asked) => {
      const held = seatAt(asked.asked.epoch).held()
      return held && shareAnswer(context, state, { account, seat: held })(asked)
    },
  })

  /** Of epochs below nothing is left. */
  let lowest = FIRST_EPOCH

  /** Old shares open the key for ever, so they go when no question of their time can be open any more. */
  const eraseOld = async (newest: number, timeMs: TimeMs): Promise<void> => {
    const active = epochInForce(state, committee, timeMs)
    const since = committeeTable.get(state, committee)?.acksEndMs ?? timeMs
    const isOver = timeMs >= since + context.anchor.vault.queryDeadlineMs
    if (active !== newest || !isOver) return
    const { secret } = agentPaths(context.home)
    for (let epoch = lowest; epoch < newest; epoch++) {
      for (const name of ['offer', 'share'])
        await rm(secret(nameAt(name, epoch, '-')), { force: true })
      seats.delete(epoch)
    }
    lowest = newest
  }

  const attendSeats = async (timeMs: TimeMs): Promise<void> => {
    const newest = committeeTable.get(state, committee)?.epoch ?? FIRST_EPOCH
    for (let epoch = lowest; epoch < newest; epoch++) await seatAt(epoch).prepare()
    await seatAt(newest).attend(timeMs)
    await eraseOld(newest, timeMs)
  }

  return {
    begin: seatAt(FIRST_EPOCH).begin,
    attend: (timeMs) => {
      const seated = attendSeats(timeMs)
      return cheat === 'silent' ? [seated] : [seated, ...answers.attend(timeMs)]
    },
  }
}
