// Broken rules of votes, blocks, sync and set changes in the node and the applications (consensus.md, Rules, Sync, Validator changes).
import { inScene, inTest, type Mutant } from './mutant.ts'

const votes: readonly Mutant[] = [
  {
    name: 'no domain separation between kinds',
    edits: [{ file: 'vm/vote.ts', find: 'kind: kindNumbers[vote.kind]', put: 'kind: 0' }],
    finder: inScene('recaster', 10),
  },
  {
    name: 'no chain id in the vote',
    edits: [
      {
        file: 'vm/vote.ts',
        find: 'const head = { chainId,',
        put: "const head = { chainId: '0x'.padEnd(66, '0') as Digest,",
      },
    ],
    finder: inScene('foreigner', 10),
  },
  {
    name: 'no view in the vote',
    edits: [
      { file: 'vm/vote.ts', find: 'height, view } as const', put: 'height, view: 0 } as const' },
    ],
    finder: inScene('shifter', 20),
  },
  {
    name: 'signatures of votes not checked',
    edits: [
      {
        file: 'consensus/verify.ts',
        find: "if (!signedBy(context, message, message)) return 'BAD_SIGNATURE'",
        put: '',
      },
    ],
    finder: inScene('recaster', 10),
  },
]

const blocks: readonly Mutant[] = [
  {
    name: 'roots not compared before prepare',
    edits: [
      {
        file: 'node/ledger/propose.ts',
        find: 'if (difference !== undefined) return invalid(difference)',
        put: 'if (difference === undefined) return { ok: true, executed }\n  return { ok: true, executed: { ...executed, ...sealHeader(header) } }',
      },
    ],
    finder: inScene('wrong root', 5),
  },
  {
    name: 'prepared without execution',
    edits: [
      {
        file: 'consensus/pbft/normal-case.ts',
        find: 'if (known === undefined || !known.valid) return null',
        put: 'if (known === undefined) return null',
      },
    ],
    finder: inScene('wrong root', 5),
  },
  {
    name: 'own clock ignored',
    edits: [
      {
        file: 'node/replica/blocks.ts',
        find: 'if (earlyMs <= 0) return true',
        put: 'if (earlyMs <= 1e12) return true',
      },
    ],
    finder: inScene('hasty', 5),
  },
  {
    name: 'transaction twice in the window',
    edits: [
      {
        file: 'vm/execute-checks.ts',
        find: "return this.#ids.has(id) || contains(id) ? 'REPEATED' : undefined",
        put: "return this.#ids.has(id) ? 'REPEATED' : undefined",
      },
    ],
    finder: inScene('repeater', 5),
  },
  {
    name: 'block of a stored height executed again',
    edits: [
      {
        file: 'node/replica/certified.ts',
        find: "if (header.height !== ledger.head().header.height + 1) return { kind: 'other-height' }",
        put: '',
      },
    ],
    finder: inTest('test/node/replica/certified.test.ts', 'another height than the next'),
  },
  {
    name: 'transaction of another chain',
    edits: [
      {
        file: 'vm/execute-checks.ts',
        find: "if (body.chainId !== rules.chainId) return 'WRONG_CHAIN'",
        put: '',
      },
    ],
    finder: inTest('test/vm/execute.test.ts', 'each of these makes a block invalid'),
  },
]

const sync: readonly Mutant[] = [
  {
    name: 'certificate of another block accepted by sync',
    edits: [
      {
        file: 'consensus/certificate.ts',
        find: "if (height !== about.height || blockId !== about.blockId) return 'WRONG_BLOCK'",
        put: '',
      },
    ],
    finder: inScene('mismatcher', 10),
  },
  {
    name: 'sync without certificates',
    edits: [
      {
        file: 'node/replica/certified.ts',
        find: "if (fault !== undefined) return { kind: 'bad', reason: fault }",
        put: '',
      },
    ],
    finder: inScene('mismatcher', 10),
  },
  {
    name: 'bodies of another block accepted by sync',
    edits: [
      {
        file: 'node/replica/certified.ts',
        find: "if (!belongsTogether(proposed)) return { kind: 'bad', reason: 'BODY_OF_ANOTHER_BLOCK' }",
        put: '',
      },
    ],
    finder: inTest('test/node/replica/certified.test.ts', 'what is forged is refused and proves'),
  },
]

const changes: readonly Mutant[] = [
  {
    name: 'set change effective at once',
    edits: [{ file: 'apps/registry/seats.ts', find: 'const DELAY = 2', put: 'const DELAY = 1' }],
    finder: inTest(
      'test/apps/registry/validators.test.ts',
      'a joiner gets a seat two heights after',
    ),
  },
  {
    name: 'joiner not ready',
    edits: [
      {
        file: 'apps/registry/change-validators.ts',
        find: "return isReady(candidate, timeMs) ? undefined : refuse('CANDIDATE_NOT_READY')",
        put: 'return undefined',
      },
    ],
    finder: inTest(
      'test/apps/registry/validators.test.ts',
      'who joins must have said within the hour',
    ),
  },
  {
    name: 'set without a living quorum',
    edits: [
      {
        file: 'apps/registry/seats.ts',
        find: "return alive.length < needed ? refuse('TOO_FEW_ALIVE') : undefined",
        put: "return alive.length < 0 * needed ? refuse('TOO_FEW_ALIVE') : undefined",
      },
    ],
    finder: inTest(
      'test/apps/registry/validators.test.ts',
      'a set without a quorum of living members',
    ),
  },
  {
    name: 'evidence without signatures',
    edits: [
      {
        file: 'apps/registry/evidence.ts',
        find: "return isSigned ? { ok: true } : refuse('EVIDENCE_SIGNATURE')",
        put: "return isSigned || true ? { ok: true } : refuse('EVIDENCE_SIGNATURE')",
      },
    ],
    finder: inTest('test/apps/registry/evidence.test.ts', 'attack: signatures of others'),
  },
  {
    name: 'evidence of what a correct validator signs',
    edits: [
      {
        file: 'apps/registry/evidence.ts',
        find: 'return change.prepared === null || change.prepared.view < commit.view',
        put: 'return change.prepared === null || change.prepared.view <= commit.view',
      },
    ],
    finder: inTest(
      'test/apps/registry/evidence.test.ts',
      'what a correct validator signs is no evidence',
    ),
  },
]

export const nodeRules: readonly Mutant[] = [...votes, ...blocks, ...sync, ...changes]
