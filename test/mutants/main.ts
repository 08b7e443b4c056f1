// `npm run sim:mutants`: breaks one rule after the other in a copy of the source, and wants each to be found.
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import type { Mutant } from './mutant.ts'
import { rules } from './rules.ts'
import { copyTree, type Tree } from './tree.ts'
import { argsOf, tryOut } from './trial.ts'

const EXIT_MISSED = 1
const EXIT_USAGE = 2
const JOBS_MAX = 2
const USAGE = `usage: npm run sim:mutants [-- [--json] [--only NAME] [--jobs N]]

Breaks each rule of the table in a copy of the source and runs what must notice it; the same command is run without the
change first. --only: the rules whose names contain NAME. Ends with \`N of N found\`, and with exit code 0 only then.`

function say(line: string): void {
  process.stderr.write(`${line}\n`)
}

type Work = { readonly name: string; readonly run: (tree: Tree) => Promise<boolean> }

/** Without a broken rule there is nothing to be found. */
function control(mutant: Mutant): Work {
  const name = argsOf(mutant.finder).join(' ')
  return {
    name: `control ${name}`,
    run: async ({ path }) => {
      const verdict = await tryOut(mutant.finder, path)
      if (verdict.kind === 'nothing') return true
      say(`control ${name}: ${verdict.kind === 'found' ? verdict.by : verdict.output}`)
      return false
    },
  }
}

function hunt(mutant: Mutant): Work {
  return {
    name: mutant.name,
    run: async (tree) => {
      const fault = tree.break(mutant.edits)
      const verdict = fault === undefined ? await tryOut(mutant.finder, tree.path) : undefined
      tree.mend()
      if (verdict?.kind === 'found') say(`  ${verdict.by.slice(0, 150)}`)
      else if (verdict?.kind === 'broken') say(verdict.output)
      else say(fault ?? '  nothing was found')
      return verdict?.kind === 'found'
    },
  }
}

/** Answers the names of what failed. */
async function runAll(work: readonly Work[], jobs: number): Promise<ReadonlySet<string>> {
  const left = [...work]
  const failed = new Set<string>()
  const worker = async (): Promise<void> => {
    const tree = copyTree()
    try {
      for (let next = left.shift(); next !== undefined; next = left.shift()) {
        const startMs = performance.now()
        const isGood = await next.run(tree)
        if (!isGood) failed.add(next.name)
        const seconds = ((performance.now() - startMs) / 1_000).toFixed(1)
        say(`${isGood ? 'ok' : 'NOT OK'} ${next.name}, ${seconds} s`)
      }
    } finally {
      tree.remove()
    }
  }
  await Promise.all(Array.from({ length: jobs }, worker))
  return failed
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
      jobs: { type: 'string', default: `${Math.min(JOBS_MAX, availableParallelism())}` },
      help: { type: 'boolean', default: false },
    },
  })
  const chosen = rules.filter(({ name }) => name.includes(values.only))
  if (values.help || chosen.length === 0) {
    process.stdout.write(`${USAGE}\n`)
    return values.help ? 0 : EXIT_USAGE
  }
  const startMs = performance.now()
  const controls = new Map(chosen.map((one) => [argsOf(one.finder).join(' '), control(one)]))
  const failed = await runAll([...controls.values(), ...chosen.map(hunt)], Number(values.jobs))
  const isMissed = ({ name, finder }: Mutant): boolean =>
    failed.has(name) || failed.has(`control ${argsOf(finder).join(' ')}`)
  const missed = chosen.filter(isMissed).map(({ name }) => name)
  const found = chosen.length - missed.length
  const seconds = Math.round((performance.now() - startMs) / 1_000)
  if (values.json)
    process.stdout.write(`${JSON.stringify({ rules: chosen.length, found, missed, seconds })}\n`)
  else {
    for (const name of missed) process.stdout.write(`missed: ${name}\n`)
    process.stdout.write(`${seconds} s\n${found} of ${chosen.length} found\n`)
  }
  return missed.length === 0 ? 0 : EXIT_MISSED
}

// The copies of the tree go with the process.
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => process.exit(EXIT_MISSED))
process.exitCode = await main()
