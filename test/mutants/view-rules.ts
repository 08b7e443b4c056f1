// Broken rules of views, timers, repetition and evidence in the engine (consensus.md, Rules; the variants of the model).
import { inScene, inTest, type Mutant } from './mutant.ts'

export const viewRules: readonly Mutant[] = [
  {
    name: 'jump on 1 instead of f + 1',
    edits: [
      {
        file: 'consensus/pbft/view-change.ts',
        find: 'const view = views[honest(validators.length, engine) - 1]',
        put: 'const view = views[engine === null ? validators.length : 0]',
      },
    ],
    finder: inScene('runaway', 3),
  },
  {
    name: 'no jump',
    edits: [
      {
        file: 'consensus/pbft/view-change.ts',
        find: 'return view === undefined ? null : enterView(state, view)',
        put: 'return view === undefined ? null : null',
      },
    ],
    finder: inTest('test/consensus/counting.test.ts', 'f + 1 in higher views are followed'),
  },
  {
    name: 'doubling timer without cap',
    edits: [
      {
        file: 'consensus/pbft/timers.ts',
        find: 'return Math.min(timers.baseTimeoutMs + view * timers.timeoutStepMs, timers.timeoutCapMs)',
        put: 'return timers.baseTimeoutMs * 2 ** view',
      },
    ],
    finder: inTest('test/consensus/paper.test.ts', '4.5.2: timeouts grow with the view'),
  },
  {
    name: 'timer stopped by an accepted pre-prepare',
    edits: [
      {
        file: 'consensus/pbft/timers.ts',
        find: 'if (state.viewTimer !== null || !isExpected(state)) return null',
        put: `if (keptOf(state, 'pre-prepare').some((one) => one.view === state.view)) {
    if (state.viewTimer === null) return null
    return {
      state: { ...state, viewTimer: null },
      effects: [{ kind: 'clear-timer', timer: 'view' }],
    }
  }
  if (state.viewTimer !== null || !isExpected(state)) return null`,
      },
    ],
    finder: inScene('divider', 3),
  },
  {
    name: 'timer of a view without q in it',
    edits: [
      {
        file: 'consensus/pbft/timers.ts',
        find: '>= quorum(n, engine)',
        put: '>= 1',
      },
    ],
    finder: inScene('alone', 5),
  },
  {
    name: 'no resend',
    edits: [
      {
        file: 'consensus/pbft/resend.ts',
        find: "if (messages.length > 0) effects.push({ kind: 'broadcast', messages })",
        put: '',
      },
    ],
    finder: inScene('rough', 50),
  },
  {
    name: 'equivocation not reported',
    edits: [
      {
        file: 'consensus/pbft/receive.ts',
        find: "return { fault: 'equivocation', first: before, second: message }",
        put: 'return null',
      },
    ],
    finder: inTest(
      'test/consensus/evidence.test.ts',
      'two bodies of one kind and view are evidence',
    ),
  },
  {
    name: 'amnesia not reported',
    edits: [
      {
        file: 'consensus/pbft/receive.ts',
        find: "return { fault: 'amnesia', first: vote, second: change }",
        put: 'return null',
      },
    ],
    finder: inTest('test/consensus/evidence.test.ts', 'a kept commit and a later view-change that'),
  },
  {
    name: 'honest validator accused',
    edits: [
      {
        file: 'consensus/pbft/receive.ts',
        find: 'before.view === message.view && !sameBody(before, message)',
        put: '!sameBody(before, message)',
      },
    ],
    finder: inScene('rough', 20),
  },
]
