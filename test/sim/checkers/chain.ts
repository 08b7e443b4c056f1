// Checkers of what is decided: one chain, certified by a quorum, with one state.
import { decodeCommitCertificate, signersOf } from '../../../consensus/certificate.ts'
import { decidingVote } from '../../../consensus/phases.ts'
import { equal, fromHex } from '../../../vm/bytes.ts'
import type { EngineKind } from '../../../vm/quorum.ts'
import type { Digest, PublicKey } from '../../../vm/types.ts'
import { voteDigest } from '../../../vm/vote.ts'
import type { Checker } from './checker.ts'

/** Two honest nodes never store different blocks of one height. */
const agreement: Checker = {
  name: 'agreement',
  create: ({ find }) => {
    const decided = new Map<number, Digest>()
    return {
      onCommit: ({ process }, { executed }) => {
        const { height } = executed.header
        const before = decided.get(height)
        decided.set(height, before ?? executed.id)
        if (before !== undefined && before !== executed.id)
          find(`fork at ${height}: process ${process} has ${executed.id}, others ${before}`)
      },
    }
  },
}

/** Each block names the one before it, is one higher and later. */
const hashChain: Checker = {
  name: 'hash-chain',
  create: ({ find, world }) => {
    const times = new Map<Digest, number>()
    return {
      onCommit: ({ process, ledger }, { executed: { header, id } }) => {
        times.set(id, header.timeMs)
        const parent = ledger.header(header.height - 1)
        if (parent?.id !== header.parent)
          find(`process ${process}: block ${header.height} has no parent`)
        const before = header.height === 1 ? world.chain.genesis.timeMs : times.get(header.parent)
        if (before !== undefined && before >= header.timeMs)
          find(`block ${header.height} is not later than its parent`)
      },
    }
  },
}

/** Counted here and not by the code that is tested. */
function quorumOf(n: number, engine: EngineKind): number {
  if (engine === 'poa') return Math.floor(n / 2) + 1
  const faults = Math.floor((n - 1) / 3)
  return Math.ceil((n + faults + 1) / 2)
}

/** Every stored block is certified by q distinct members of the set of its height, in one view. */
const certificates: Checker = {
  name: 'certificates',
  create: ({ find, world }) => {
    const { chainId, engine, validators } = world.chain.genesis
    const kind = decidingVote[engine]
    const keysOf = (set: typeof validators) => set.map(({ consensusKey }) => consensusKey)
    const sets = new Map<number, readonly PublicKey[]>([[1, keysOf(validators)]])
    const checked = new Map<number, Uint8Array[]>()
    const faultOf = (height: number, id: Digest, bytes: Uint8Array): string | undefined => {
      const set = sets.get(height) ?? []
      const value = decodeCommitCertificate(bytes)
      const { view, blockId } = value
      if (blockId !== id || value.height !== height) return 'about another block'
      const signers = signersOf(value, set.length) ?? []
      if (signers.length < quorumOf(set.length, engine)) return `signed by ${signers.length}`
      const digest = voteDigest(chainId, { kind, height, view, blockId })
      const holds = signers.every((signer, place) =>
        world.signatures.verify(
          fromHex(set[signer] as PublicKey),
          digest,
          value.signatures[place] ?? new Uint8Array(),
        ),
      )
      return holds ? undefined : 'a signature does not hold'
    }
    return {
      onCommit: ({ process, ledger }, { executed: { header, id, validators: next } }) => {
        const { height } = header
        if (!sets.has(height + 1)) sets.set(height + 1, keysOf(next))
        const bytes = ledger.certificate(height) ?? new Uint8Array()
        const known = checked.get(height) ?? []
        if (known.some((one) => equal(one, bytes))) return
        checked.set(height, [...known, bytes])
        const fault = faultOf(height, id, bytes)
        if (fault !== undefined) find(`process ${process}, block ${height}: ${fault}`)
      },
    }
  },
}

/** At equal heights all have equal state roots, the one that the header commits to. */
const stateRoots: Checker = {
  name: 'state-roots',
  create: ({ find }) => {
    const roots = new Map<number, Digest>()
    return {
      onCommit: ({ process }, { executed: { header, tree } }) => {
        const { height } = header
        const root = roots.get(height) ?? tree.stateRoot
        roots.set(height, root)
        if (tree.stateRoot !== header.stateRoot || tree.stateRoot !== root)
          find(`process ${process}: another state after ${height}`)
      },
    }
  },
}

export const chainCheckers = [agreement, hashChain, certificates, stateRoots] as const
