// Shows one fraud: the steps of the main job honestly, where nobody may pay, then the same with the fraud, where only the guilty may.

import { setTimeout as sleep } from 'node:timers/promises'
import pc from 'picocolors'
import type { Tempo } from '../options.ts'
import { performFraud } from './fraud-part.ts'
import type { Cheat } from './frauds.ts'
import { performHonestly } from './honest-part.ts'
import { failed, openScene, type Performing } from './scene.ts'
import { fraudJson, fraudTable } from './show.ts'

/** A machine on which it takes longer shows nothing. */
const LIMIT_MS = 300_000

/** Blocks and windows of seconds; who is silent is waited for twice. */
export function tempoOf(cheat: Cheat): Tempo {
  const quick = { heartbeatMs: 8_000, complaintWindowMs: 4_000 }
  return cheat === 'silent'
    ? { ...quick, baseTimeoutMs: 600, queryDeadlineMs: 8_000 }
    : { ...quick, queryDeadlineMs: 20_000 }
}

async function perform(performing: Performing, json: boolean): Promise<boolean> {
  const { progress } = performing
  const scene = await openScene(performing)
  await performHonestly(scene)
  const { shown, wrong } = await performFraud(scene)
  const { stdout } = process
  stdout.write(`${json ? JSON.stringify(fraudJson(shown)) : fraudTable(shown)}\n`)
  if (wrong.length > 0) progress.say(pc.red(`NOT AS IT MUST BE: ${wrong.join(', ')}`))
  else
    progress.say(
      'Exactly the guilty paid what the genesis says; everybody else has what they must.',
    )
  return wrong.length === 0
}

/** Whether exactly the guilty paid; throws EpioneError if it came to no verdict. */
export async function showFraud(performing: Performing, json: boolean): Promise<boolean> {
  const limit = sleep(LIMIT_MS, undefined, { ref: false }).then((): never => {
    throw failed(`it took longer than ${LIMIT_MS / 1_000} s`)
  })
  limit.catch(() => undefined)
  return Promise.race([perform(performing, json), limit])
}
