// Ports for nodes that a test configures itself, which no other test of this run picks at the same time.
import { randomInt } from 'node:crypto'
import { isFree } from '../../node/testnet/ports.ts'

/** Above those that the command line picks from, below those of outgoing connections: a part for each job of tap. */
const LOWEST = 30_000
const PER_JOB = 300
const JOBS_MAX = 9
/** So one test's ports are not those of the test before it in the same job. */
let next = randomInt(PER_JOB)

export async function freePorts(count: number): Promise<readonly number[]> {
  const job = Number(process.env['TAP_JOB_ID'] ?? randomInt(JOBS_MAX)) % JOBS_MAX
  const ports: number[] = []
  for (let tried = 0; ports.length < count && tried < PER_JOB; tried++) {
    next = (next + 1) % PER_JOB
    const port = LOWEST + job * PER_JOB + next
    if (await isFree(port)) ports.push(port)
  }
  if (ports.length < count) throw new RangeError(`no ${count} free ports`)
  return ports
}
