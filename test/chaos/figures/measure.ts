// Measures the figures of recovery one after another, each on a network of its own.
import { mkdir, rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { allKilledFigure } from './all-killed.ts'
import { behindFigure, joinedFigure, wipedFigure } from './behind.ts'
import type { Figure, Measured } from './figure.ts'
import { killedFigures } from './killed.ts'
import { setChangeFigure } from './set-change.ts'
import { stoppedFigure } from './stopped.ts'

const figures: readonly Figure[] = [
  ...killedFigures,
  stoppedFigure,
  allKilledFigure,
  behindFigure,
  wipedFigure,
  joinedFigure,
  setChangeFigure,
]

export const figureNames = figures.map(({ name }) => name)

/** A failure to measure is a figure that is not reached; its folder stays. */
async function measureOne({ name, measure }: Figure, home: string): Promise<readonly Measured[]> {
  try {
    const measured = await measure(home)
    await rm(home, { recursive: true, force: true, maxRetries: 10 })
    return measured
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return [
      { figure: name, target: 'measured', measured: `${reason}; see ${home}`, reached: false },
    ]
  }
}

export async function measureAll(plan: {
  readonly home: string
  readonly only: string | undefined
  readonly say: (line: string) => void
  readonly signal: AbortSignal
}): Promise<readonly Measured[]> {
  const { home, only, say, signal } = plan
  const all: Measured[] = []
  for (const figure of figures) {
    if (signal.aborted || (only !== undefined && only !== figure.name)) continue
    const folder = join(home, figure.name)
    await mkdir(folder, { recursive: true })
    say(figure.name)
    all.push(...(await measureOne(figure, folder)))
  }
  // Empty, unless the folder of a figure that could not be measured is in it.
  await rmdir(home).catch(() => undefined)
  return all
}
