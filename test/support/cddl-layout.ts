// Breaks a long CDDL expression into lines at its commas and slashes, brackets first.

const WIDTH = 100

const closing: Readonly<Record<string, string>> = { '[': ']', '(': ')' }

/** The parts of `text` between separators that stand in no bracket. */
function split(text: string, separator: string): readonly string[] {
  const parts: string[] = []
  let depth = 0
  let start = 0
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? ''
    if ('[('.includes(character)) depth += 1
    else if ('])'.includes(character)) depth -= 1
    else if (depth === 0 && text.startsWith(separator, at)) {
      parts.push(text.slice(start, at))
      start = at + separator.length
    }
  }
  return [...parts, text.slice(start)]
}

/** Where the bracket at the start of `text` closes. */
function endOfBracket(text: string): number {
  const stack: string[] = []
  for (const [at, character] of [...text].entries()) {
    if (closing[character] !== undefined) stack.push(closing[character])
    else if (character === stack.at(-1) && stack.pop() !== undefined && stack.length === 0)
      return at
  }
  return -1
}

/** `expression` with the second and later lines indented by `indent` and more. */
export function layout(expression: string, indent = 0): string {
  const pad = ' '.repeat(indent)
  if (indent + expression.length <= WIDTH) return expression
  const choices = split(expression, ' / ')
  if (choices.length > 1) {
    return choices.map((choice) => layout(choice, indent + 2)).join(`\n${pad}/ `)
  }
  const opening = expression.search(/[[(]/)
  if (opening < 0) return expression
  const end = opening + endOfBracket(expression.slice(opening))
  const inner = expression.slice(opening + 1, end).trim()
  const items = split(inner, ', ').map((item) => `${pad}  ${layout(item, indent + 2)}`)
  const broken = `${expression.slice(0, opening + 1)}\n${items.join(',\n')}\n${pad}`
  return `${broken}${expression.slice(end)}`
}
