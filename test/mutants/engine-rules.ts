// Broken rules of quorums and locks in the engine (consensus.md, Rules; the variants of the model).
import { type Edit, inScene, inTest, type Mutant } from './mutant.ts'

const QUORUM = 'Math.ceil((n + f + 1) / 2)\n'

function quorumOf(formula: string): Edit {
  return { file: 'vm/quorum.ts', find: QUORUM, put: `${formula}\n` }
}

/** A lock that records whatever it is told: what then holds the rule is what the mutant is about. */
const blindLock: Edit = {
  file: 'node/vote-lock.ts',
  find: "return isSupported(next) ? next : 'CERTIFICATE_MISSING'",
  put: 'return next',
}

const unboundBackup: Edit = {
  file: 'consensus/verify.ts',
  find: "return isBound(context, justification, message) ? undefined : 'UNJUSTIFIED'",
  put: 'return undefined',
}
const freePrimary: Edit = {
  file: 'consensus/pbft/new-view.ts',
  find: 'certificate: agreeing[0]?.certificate ?? null,',
  put: 'certificate: null,',
}

/** Votes of one block are one group whatever their view. */
function tallyBy(isMixed: string): readonly Edit[] {
  return [
    {
      file: 'consensus/pbft/tally.ts',
      find: 'const key = ',
      put: `const key = (${isMixed} && vote.blockId) || `,
    },
    {
      file: 'consensus/certificate.ts',
      find: 'vote.blockId === first.blockId && vote.view === first.view',
      put: 'vote.blockId === first.blockId',
    },
  ]
}

const quorums: readonly Mutant[] = [
  {
    name: 'quorum of 2f',
    edits: [quorumOf('2 * f')],
    finder: inScene('two-faced', 10),
  },
  {
    name: 'quorum of 2f + 1 for five',
    edits: [quorumOf('2 * f + 1')],
    finder: inScene('calm five', 3),
  },
  {
    name: 'commits of different views added',
    edits: tallyBy("kind === 'commit'"),
    finder: inScene('rough', 20),
  },
  {
    name: 'prepares of different views added',
    edits: tallyBy("kind === 'prepare'"),
    finder: inScene('rough', 20),
  },
  {
    name: 'signer outside the set counted',
    edits: [
      {
        file: 'consensus/certificate.ts',
        find: 'if (bit >= n) return undefined',
        put: 'if (bit >= n) continue',
      },
    ],
    finder: inTest('test/consensus/certificate.test.ts', 'fewer than q, strangers and wrong bits'),
  },
  {
    name: 'prepared certificate of fewer than q',
    edits: [
      {
        file: 'consensus/phases.ts',
        find: "return engine === 'pbft' ? quorum : 1",
        put: 'return 1',
      },
    ],
    finder: inTest('test/consensus/verify.test.ts', 'rule 1: the highest report binds'),
  },
]

const locks: readonly Mutant[] = [
  {
    name: 'no lock: view-changes report nothing',
    edits: [
      blindLock,
      {
        file: 'consensus/pbft/view-change.ts',
        find: '  const { prepared } = next\n',
        put: "  const prepared = null as State['prepared']\n",
      },
    ],
    finder: inScene('rough', 20),
  },
  {
    name: 'primary free despite reports',
    edits: [unboundBackup, freePrimary],
    finder: inScene('rough', 20),
  },
  {
    name: 'reports bind no backup',
    edits: [unboundBackup],
    finder: inScene('free', 30),
  },
  {
    name: 'skipped justification',
    edits: [
      {
        file: 'consensus/verify.ts',
        find: 'if (justification === null || !isQuorum(context, justification, message)) return',
        put: 'if (justification === null) return',
      },
    ],
    finder: inScene('unjustified', 20),
  },
  {
    name: 'duplicate signer counted twice',
    edits: [
      {
        file: 'consensus/verify.ts',
        find: 'if (signers.size !== viewChanges.length || signers.size !== size) return false',
        put: 'if (viewChanges.length !== size) return false',
      },
    ],
    finder: inScene('repeated', 20),
  },
  {
    name: 'signatures of view-changes not checked',
    edits: [
      {
        file: 'consensus/verify.ts',
        find: 'return viewChanges.every((viewChange) =>\n    signedBy(',
        put: 'return viewChanges.every((viewChange) =>\n    viewChange.signer >= 0 || signedBy(',
      },
    ],
    finder: inScene('forged', 20),
  },
  {
    name: 'proposals of anybody accepted',
    edits: [
      {
        file: 'consensus/verify.ts',
        find: "if (message.kind === 'pre-prepare' && message.signer !== primaryOf(",
        put: "if (message.kind === 'pre-prepare' && message.signer < 0 * primaryOf(",
      },
    ],
    finder: inTest('test/consensus/verify.test.ts', 'a pre-prepare is of the primary of its view'),
  },
  {
    name: 'view-changes of another view accepted',
    edits: [
      {
        file: 'consensus/verify.ts',
        find: 'return viewChanges.every((viewChange) =>\n    signedBy(context, viewChange, {',
        put: 'return viewChanges.every((viewChange) =>\n    [view, view - 1].some((asked) => signedBy(context, viewChange, {',
      },
      {
        file: 'consensus/verify.ts',
        find: '      view,\n      prepared: viewChange.prepared,\n    }),',
        put: '      view: asked,\n      prepared: viewChange.prepared,\n    })),',
      },
    ],
    finder: inTest('test/consensus/verify.test.ts', 'rule 1: a view above 0 needs exactly q'),
  },
  {
    name: 'stripped prepared certificate accepted',
    edits: [
      {
        file: 'vm/vote.ts',
        find: 'body: vote.prepared',
        put: 'body: null',
      },
    ],
    finder: inScene('stripper', 30),
  },
  {
    name: 'any certificate proves a report',
    edits: [
      {
        file: 'consensus/verify.ts',
        find: 'return verifyPreparedCertificate(check) === undefined',
        put: 'return check !== undefined',
      },
    ],
    finder: inTest('test/consensus/verify.test.ts', 'rule 1: the highest report binds'),
  },
  {
    name: 'late commit below the view',
    edits: [
      {
        file: 'consensus/pbft/normal-case.ts',
        find: "if (self === null || prepared === null || prepared.view !== view) return null\n  if (!maySign(state, 'commit')) return null",
        put: "if (self === null || prepared === null || (state.kept[self]?.commit?.view ?? -1) >= prepared.view) return null\n  if (state.promised?.kind === 'commit' && state.promised.view >= prepared.view) return null",
      },
      {
        file: 'consensus/pbft/normal-case.ts',
        find: "message: { kind: 'commit', height, view, blockId: prepared.blockId, signer: self },",
        put: "message: { kind: 'commit', height, view: Math.min(view, prepared.view), blockId: prepared.blockId, signer: self },",
      },
      {
        file: 'consensus/pbft/promise.ts',
        find: 'assert(maySign(state, message.kind, message.view), ',
        put: 'assert(message.view >= 0, ',
      },
      {
        file: 'node/vote-lock.ts',
        find: "if (order < 0) return 'VOTE_LOWER'",
        put: '',
      },
    ],
    finder: inScene('rough', 20),
  },
]

export const engineRules: readonly Mutant[] = [...quorums, ...locks]
