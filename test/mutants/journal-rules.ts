// Broken rules of journal and vote lock (consensus.md, Journal): what must be on disk before a vote leaves, and what a restart may say.
import { type Edit, inScene, inTest, type Mutant } from './mutant.ts'

const PROMISE = 'node/replica/promise.ts'
const LOCK = 'node/vote-lock.ts'
const APPEND = 'await voter.journal.append(records)'
const SEND = 'for (const message of sealed) ports.broadcast(message)'

function before(find: string): readonly Edit[] {
  return [{ file: PROMISE, find: `  ${find}`, put: `  ${SEND}\n  ${find}` }]
}

/** What the lock would refuse, it records. */
const blindLock: Edit = {
  file: LOCK,
  find: "return isSupported(next) ? next : 'CERTIFICATE_MISSING'",
  put: 'return next',
}
/** What it would call lost when it is opened, it believes. */
const trustingLock: Edit = {
  file: LOCK,
  find: 'if (!isSupported(slot)) {',
  put: 'if (slot === undefined) {',
}
const noCertificates: Edit = {
  file: LOCK,
  find: 'prepared: higher(sameHeight ? state.prepared : null, own)',
  put: 'prepared: higher(null, own === null ? own : null)',
}

export const journalRules: readonly Mutant[] = [
  {
    name: 'votes before journal',
    edits: before(APPEND),
    finder: inScene('calm', 1),
  },
  {
    name: 'votes before vote lock',
    edits: before('const journaledMs = clock.monotonicMs()'),
    finder: inScene('calm', 1),
  },
  {
    name: 'journal not synced',
    edits: [{ file: 'node/journal.ts', find: 'await active.file.sync()', put: '' }],
    finder: inScene('calm', 1),
  },
  {
    name: 'vote lock not synced',
    edits: [{ file: LOCK, find: '      await file.sync()\n', put: '' }],
    finder: inScene('calm', 1),
  },
  {
    name: 'no journal',
    edits: [{ file: PROMISE, find: APPEND, put: '' }],
    finder: inScene('calm', 1),
  },
  {
    name: 'votes only in journal and lock',
    edits: [
      blindLock,
      trustingLock,
      noCertificates,
      {
        file: PROMISE,
        find: 'const entry = { message, certificate, block }',
        put: 'const entry = { message, certificate: certificate === null ? certificate : null, block }',
      },
    ],
    finder: inScene('crashes', 20),
  },
  {
    name: 'vote lock without certificate, journal wiped',
    edits: [blindLock, trustingLock, noCertificates],
    finder: inScene('wiped journals', 50),
  },
  {
    name: 'certificate of a view-change lost',
    edits: [
      {
        file: PROMISE,
        find: 'const entry = { message, certificate, block }',
        put: "const entry = { message: message.kind === 'view-change' ? { ...message, certificate: null } : message, certificate, block }",
      },
    ],
    finder: inScene('crashes', 20),
  },
  {
    name: 'restart forgets what was signed',
    edits: [
      {
        file: 'node/replica/height.ts',
        find: "const resume = resumption.kind === 'vote' ? resumption.resume : null",
        put: 'const resume = null',
      },
      { file: LOCK, find: "if (order < 0) return 'VOTE_LOWER'", put: '' },
      {
        file: LOCK,
        find: "if (order === 0) return sameBody(vote, last) ? state : 'VOTE_DIFFERENT'",
        put: '',
      },
      blindLock,
    ],
    finder: inScene('crashes', 20),
  },
  {
    name: 'lost lock votes at once',
    edits: [
      {
        file: 'node/replica/lost-lock.ts',
        find: 'return height < Math.max(...heights) + SAFE_HEIGHTS ? undefined : height',
        put: 'return height',
      },
      {
        file: 'node/replica/lost-lock.ts',
        find: 'if (heights.length < quorum(set.length, ledger.rules.engine)) return undefined',
        put: '',
      },
    ],
    finder: inTest(
      'test/node/replica/lost-lock-floor.test.ts',
      'one height above what was shown is too early',
    ),
  },
  {
    name: 'torn lock slot believed',
    edits: [
      {
        file: 'node/vote-slots.ts',
        find: 'if (crc32(concat(bytes.subarray(0, 4), content)) !== view.getUint32(4)) return undefined',
        put: '',
      },
    ],
    finder: inScene('damaged locks', 20),
  },
]
