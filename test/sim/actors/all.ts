// All adversaries of a simulation.
import { halfHearted, selective, silentPrimary, slowPrimary } from './absence.ts'
import type { Actor } from './actor.ts'
import {
  dropper,
  farFuture,
  farPast,
  foreignProposer,
  lyingLengths,
  mismatched,
  repeater,
  wrongSet,
  wrongState,
} from './bad-blocks.ts'
import { babbler, flipper, flooder, oversized } from './bad-bytes.ts'
import { impostor, noSignature, otherChain, replayer, stranger } from './bad-signatures.ts'
import { endlessState, foreignState, withheldState, wrongPieces } from './bad-states.ts'
import { boaster, forkServer, staller } from './bad-sync.ts'
import { overdrawn, spammer, strangersMoney, tamperer, withholder } from './bad-transactions.ts'
import { farViews, forger, forgetful, usurper } from './bad-views.ts'
import { framer } from './framing.ts'
import { putschist } from './putsch.ts'
import { silent } from './silent.ts'
import {
  equivocator,
  openEquivocator,
  splitPrepares,
  twoCommits,
  twoPrepares,
} from './two-votes.ts'

export const allActors: readonly Actor[] = [
  ...[equivocator, openEquivocator, twoPrepares, splitPrepares, twoCommits],
  ...[silent, silentPrimary, slowPrimary, selective, halfHearted, withholder],
  ...[wrongState, wrongSet, farFuture, farPast, foreignProposer, repeater, dropper],
  ...[lyingLengths, mismatched],
  ...[noSignature, impostor, stranger, otherChain, replayer],
  ...[farViews, forgetful, forger, usurper],
  ...[framer, putschist],
  ...[babbler, flipper, flooder, oversized],
  ...[boaster, staller, forkServer],
  ...[wrongPieces, foreignState, endlessState, withheldState],
  ...[strangersMoney, overdrawn, spammer, tamperer],
]
