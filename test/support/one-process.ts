// Runs the test files named as arguments one after the other in this process: what one has loaded and warmed up serves the next.
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const names = process.argv.slice(2)
// tap calls the folders of tests by all arguments, which is too long a name; one tells the processes apart.
process.argv.splice(3)

const { default: t } = await import('tap')
for (const name of names) {
  // Whoever reads of a failure sees in which file it is.
  t.comment(name)
  await import(pathToFileURL(resolve(name)).href)
}
