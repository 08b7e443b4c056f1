// What an auditor makes of all signed votes that were heard: who signed two that no honest validator signs both.
import type { Message } from '../../consensus/message.ts'
import { decodeFrame } from '../../node/replica/frames.ts'
import { fromHex } from '../../vm/bytes.ts'
import { voteDigest } from '../../vm/vote.ts'
import type { Chain } from './chain.ts'
import type { Signatures } from './signatures.ts'

export type Auditor = {
  readonly hear: (frame: Uint8Array) => void
  /** Places of validators, in order. */
  readonly culprits: () => readonly number[]
}

function bodyOf(vote: Message): string {
  return vote.kind === 'view-change' ? JSON.stringify(vote.prepared) : vote.blockId
}

/** Two bodies for one place. */
function isEquivocation(one: Message, two: Message): boolean {
  return one.kind === two.kind && one.view === two.view && bodyOf(one) !== bodyOf(two)
}

/** A commit, and no word of it in a later view-change. */
function isAmnesia(one: Message, two: Message): boolean {
  if (one.kind !== 'commit' || two.kind !== 'view-change' || two.view <= one.view) return false
  return (two.prepared?.view ?? -1) < one.view
}

export function createAuditor({ genesis }: Chain, signatures: Signatures): Auditor {
  const heard = new Map<string, Message[]>()
  const guilty = new Set<number>()
  let last: Uint8Array | undefined

  const isSigned = (vote: Message): boolean => {
    const key = genesis.validators[vote.signer]?.consensusKey
    if (key === undefined) return false
    return signatures.verify(fromHex(key), voteDigest(genesis.chainId, vote), vote.signature)
  }
  const judge = (vote: Message): void => {
    const place = `${vote.height}/${vote.signer}`
    const before = heard.get(place) ?? []
    if (
      before.some(
        (one) => one.kind === vote.kind && one.view === vote.view && bodyOf(one) === bodyOf(vote),
      )
    )
      return
    if (!isSigned(vote)) return
    heard.set(place, [...before, vote])
    const contradicts = (one: Message): boolean =>
      isEquivocation(one, vote) || isAmnesia(one, vote) || isAmnesia(vote, one)
    if (before.some(contradicts)) guilty.add(vote.signer)
  }
  return {
    hear: (bytes) => {
      if (bytes === last) return
      last = bytes
      const frame = decodeFrame(bytes)
      if (frame.kind === 'message') judge(frame.message)
    },
    culprits: () => [...guilty].sort((left, right) => left - right),
  }
}
