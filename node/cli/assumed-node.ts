// Which node a command asked although no flag named it: whoever has the usual port may be of another chain.

let assumed: string | undefined

/** Undefined if a flag named the node. */
export function assumeNode(url: string | undefined): void {
  assumed = url
}

/** A line for below an error; undefined if no node was asked, or the one that was named. */
export function assumedNode(): string | undefined {
  if (assumed === undefined) return undefined
  const from = process.env['EPIONE_URL'] === undefined ? 'the usual address' : 'by EPIONE_URL'
  return `asked: ${assumed} (${from}); --home FOLDER or --url URL names another node`
}
