// Broken rules of the second engine (consensus.md, PoA; the variants of the model).
import { inTest, type Mutant } from './mutant.ts'

const CLUSTER = 'test/consensus/poa-cluster.test.ts'
const TABLES = 'test/consensus/poa.test.ts'

export const poaRules: readonly Mutant[] = [
  {
    name: 'PoA: seals of different views added',
    edits: [
      {
        file: 'consensus/pbft/tally.ts',
        find: 'const key = ',
        put: 'const key = vote.blockId || ',
      },
      {
        file: 'consensus/certificate.ts',
        find: 'vote.blockId === first.blockId && vote.view === first.view',
        put: 'vote.blockId === first.blockId',
      },
    ],
    finder: inTest(TABLES, 'trace 7: seals of different views are never added'),
  },
  {
    name: 'PoA: own seal not reported',
    edits: [
      {
        file: 'consensus/pbft/normal-case.ts',
        find: 'return seal === undefined || seal === null ? [] : [seal]',
        put: 'return seal === undefined ? [] : []',
      },
    ],
    finder: inTest(CLUSTER, 'three authorities, one of which stays down'),
  },
  {
    name: 'PoA: primary free despite reports',
    edits: [
      {
        file: 'consensus/verify.ts',
        find: "return isBound(context, justification, message) ? undefined : 'UNJUSTIFIED'",
        put: 'return undefined',
      },
      {
        file: 'consensus/pbft/new-view.ts',
        find: 'certificate: agreeing[0]?.certificate ?? null,',
        put: 'certificate: null,',
      },
    ],
    finder: inTest(CLUSTER, 'three authorities, one of which stays down'),
  },
  {
    name: 'PoA: own report left out',
    edits: [
      {
        file: 'consensus/verify.ts',
        find: "if (engine === 'poa' && !signers.has(primary)) return false",
        put: 'if (primary < 0) return false',
      },
    ],
    finder: inTest(TABLES, 'a new primary shows a majority of view-changes, its own among them'),
  },
  {
    name: 'PoA: minority of half',
    edits: [
      {
        file: 'vm/quorum.ts',
        find: "return engine === 'poa' ? Math.floor(n / 2) + 1",
        put: "return engine === 'poa' ? Math.max(1, Math.ceil(n / 2))",
      },
    ],
    finder: inTest(CLUSTER, 'an even number bears no more than one fewer'),
  },
  {
    name: 'PoA: late seal below the view',
    edits: [
      {
        file: 'consensus/pbft/proposals.ts',
        find: 'kept.view !== state.view) return null',
        put: 'kept.view > state.view) return null',
      },
    ],
    finder: inTest(CLUSTER, 'three authorities, one of which stays down'),
  },
]
