// epione server leave: a server takes leave, serves on for its time of notice, and later has its bond back by the same command.
import { Command } from 'commander'
import { releaseBond } from '../../apps/bank/release-bond.ts'
import { serverLeave } from '../../apps/vault/server-leave.ts'
import { act } from '../../client/transaction.ts'
import type { AccountId } from '../../vm/types.ts'
import { urlOf, withNode } from './node-url.ts'
import { print, withJson } from './output.ts'
import { type ServerOptions, sendFrom, tellRefusal } from './server-acts.ts'
import { readServer } from './server-home.ts'
import { isoTime, provenStanding, type Standing } from './server-status.ts'

/** What the command does now: everything has its time. */
export type LeaveStep = 'notice' | 'wait' | 'release' | 'done'

export function leaveStep(
  { leavesMs, bond, lockedUntilMs }: Pick<Standing, 'leavesMs' | 'bond' | 'lockedUntilMs'>,
  timeMs: number,
): LeaveStep {
  if (leavesMs === null) return 'notice'
  if (bond === 0n) return 'done'
  return timeMs <= lockedUntilMs ? 'wait' : 'release'
}

function tell(
  options: ServerOptions,
  { account, step }: { readonly account: AccountId; readonly step: LeaveStep },
  { leavesMs, bond, lockedUntilMs }: Standing,
): void {
  const json = { account, step, leavesMs, bond: bond.toString(), lockedUntilMs }
  print(options, json, () => {
    if (step === 'release' || step === 'done') return ['left: the bond is back']
    return [
      `leaving: it has duties until ${isoTime(leavesMs ?? 0)}, so its agent must go on until then`,
      `the bond of ${bond} is free after ${isoTime(lockedUntilMs)}: give this command again then`,
    ]
  })
}

async function leave(home: string, options: ServerOptions): Promise<void> {
  const settings = await readServer(home)
  const { account } = settings
  const url = await urlOf(options)
  const before = await provenStanding(home, settings, url)
  const step = leaveStep(before, Date.now())
  if (step === 'notice' || step === 'release') {
    const { currency, bond: amount } = before
    const order =
      step === 'notice' ? act(serverLeave, { account }) : act(releaseBond, { currency, amount })
    const code = await sendFrom(home, order, { account, options })
    if (code !== '') {
      tellRefusal(options, { account, code })
      return
    }
  }
  tell(options, { account, step }, await provenStanding(home, settings, url))
}

export function serverLeaveCommand(): Command {
  const command = withNode(new Command('leave'))
    .description('take leave; given again when the bond is free, take it back')
    .argument('<folder>', 'home of the server')
  return withJson(command, ['epione server leave helper']).action(leave)
}
