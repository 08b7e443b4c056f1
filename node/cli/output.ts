// What commands print: data on stdout, one JSON value with --json; everything said to a person on stderr.
import Table from 'cli-table3'
import type { Command } from 'commander'
import type { JsonValue } from '../../vm/codec.ts'

/** Adds --json and examples; every verb has both. */
export function withJson(command: Command, examples: readonly string[]): Command {
  const lines = examples.map((example) => `  $ ${example}`).join('\n')
  return command
    .option('--json', 'print JSON for programs')
    .addHelpText('after', `\nExamples:\n${lines}`)
}

export function printJson(value: JsonValue): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`)
}

/** The value as JSON if asked for, else the lines for a person. */
export function print(
  options: { readonly json?: boolean },
  value: JsonValue,
  lines: () => readonly string[],
): void {
  if (options.json === true) printJson(value)
  else process.stdout.write(`${lines().join('\n')}\n`)
}

export function say(line: string): void {
  process.stderr.write(`${line}\n`)
}

/** Rows under headings, with rules only where they help. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const drawn = new Table({
    head: [...head],
    style: { head: [], border: [], compact: true },
    chars: {
      top: '',
      'top-mid': '',
      'top-left': '',
      'top-right': '',
      bottom: '',
      'bottom-mid': '',
      'bottom-left': '',
      'bottom-right': '',
      left: '',
      'left-mid': '',
      mid: '',
      'mid-mid': '',
      right: '',
      'right-mid': '',
      middle: '  ',
    },
  })
  drawn.push(...rows.map((row) => [...row]))
  return drawn.toString()
}

/** Name and value lines, aligned. */
export function facts(pairs: readonly (readonly [string, string | number])[]): readonly string[] {
  const width = Math.max(...pairs.map(([name]) => name.length))
  return pairs.map(([name, value]) => `${name.padEnd(width)}  ${value}`)
}
