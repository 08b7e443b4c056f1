// Votes, certificates and lock files for the tests of the vote lock.
import { join } from 'node:path'
import type { Test } from 'tap'
import type { PreparedCertificate } from '../../consensus/certificate.ts'
import {
  openVoteLock,
  type VoteLock,
  type VoteLockConfig,
  type VoteLockState,
} from '../../node/vote-lock.ts'
import type { Vote } from '../../vm/vote.ts'

const chainId = `0x${'c1'.repeat(32)}` as const
const publicKey = `0x${'b2'.repeat(32)}` as const
export const A = `0x${'aa'.repeat(32)}` as const
export const B = `0x${'bb'.repeat(32)}` as const

type Kind = Exclude<Vote['kind'], 'view-change'>

export function vote(kind: Kind, height: number, view: number, blockId: typeof A = A): Vote {
  return { kind, height, view, blockId }
}

export function change(
  height: number,
  view: number,
  prepared: [number, typeof A] | null = null,
): Vote {
  const report = prepared === null ? null : { view: prepared[0], blockId: prepared[1] }
  return { kind: 'view-change', height, view, prepared: report }
}

export function proof(height: number, view: number, blockId: typeof A = A): PreparedCertificate {
  const signatures = [1, 2, 3].map((byte) => new Uint8Array(64).fill(byte))
  return { height, view, blockId, signers: new Uint8Array([7]), signatures }
}

export function configIn(t: Test): VoteLockConfig {
  return { path: join(t.testdir({}), 'vote.lock'), chainId, publicKey }
}

export async function opened(config: VoteLockConfig): Promise<VoteLock> {
  const opening = await openVoteLock(config)
  if (opening.kind === 'lost') throw new Error(opening.reason)
  return opening.lock
}

export async function stateIn(config: VoteLockConfig): Promise<VoteLockState | 'lost'> {
  const opening = await openVoteLock(config)
  if (opening.kind === 'lost') return 'lost'
  const state = opening.lock.state()
  await opening.lock.close()
  return state
}
