// The whole input is checked before anything is started.
import { EpioneError } from '../errors.ts'
import { type Dataset, readDataset } from '../synthea/dataset.ts'
import type { Flaw } from '../synthea/table.ts'

function describeFlaw({ file, line, column, reason }: Flaw): string {
  const place = [line === 0 ? '' : ` line ${line}`, column === '' ? '' : ` column ${column}`]
  return `${file}${place.join('')}: ${reason}`
}

/** Throws EpioneError INPUT_INVALID with a line for each of the first flaws. */
export async function checkInput(folder: string): Promise<Dataset> {
  const result = await readDataset(folder)
  if (!result.ok) {
    throw new EpioneError({
      code: 'INPUT_INVALID',
      message: [`${folder} cannot be imported`, ...result.flaws.map(describeFlaw)].join('\n  '),
      hint: 'mend these, or name the folder of CSV files that Synthea wrote; nothing was imported',
    })
  }
  if (result.dataset.invoices.length > 0) return result.dataset
  throw new EpioneError({
    code: 'INPUT_INVALID',
    message: `${folder}/encounters.csv has no rows, so there is nothing to sum`,
    hint: 'give a folder with encounters, or start without a job: epione dev --empty',
  })
}
