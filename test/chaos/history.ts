// What clients saw, in one place and in a file: submissions, acknowledgements, reads, blocks; contradictions are noted at once.
import { createWriteStream } from 'node:fs'
import type { Digest, Height } from '../../vm/types.ts'

export type Acknowledgement = { readonly height: Height; readonly node: string }

export type Read = {
  readonly client: string
  readonly node: string
  readonly height: Height
  /** The block of that height, if the answer names it. */
  readonly id?: Digest
  /** What the client had seen before and asked the node to have. */
  readonly minHeight: Height
}

export type History = ReturnType<typeof createHistory>

export function createHistory(path?: string) {
  const file = path === undefined ? undefined : createWriteStream(path, { mode: 0o600 })
  const startMs = performance.now()
  const submitted = new Set<Digest>()
  const acknowledged = new Map<Digest, Acknowledgement>()
  /** Every id that any node ever told for a height. */
  const blocks = new Map<Height, Digest>()
  /** Heights of transactions as any node ever told them. */
  const included = new Map<Digest, Height>()
  const reads = new Map<string, Height>()
  const wrong = { duplicated: 0, forks: 0, other: [] as string[] }

  const write = (event: object): void => {
    file?.write(`${JSON.stringify({ ms: Math.round(performance.now() - startMs), ...event })}\n`)
  }
  const complain = (what: string): void => {
    write({ wrong: what })
    wrong.other.push(what)
  }

  const block = (node: string, height: Height, id: Digest): void => {
    const known = blocks.get(height)
    blocks.set(height, known ?? id)
    if (known === undefined || known === id) return
    wrong.forks += 1
    complain(`${node} has block ${id} at ${height}, ${known} was seen there`)
  }
  const include = (node: string, height: Height, ids: readonly Digest[]): void => {
    for (const id of ids) {
      const before = included.get(id)
      included.set(id, before ?? height)
      if (before === undefined || before === height) continue
      wrong.duplicated += 1
      complain(`${node} has transaction ${id} at ${height}, it was seen at ${before}`)
    }
  }

  return {
    acknowledged: acknowledged as ReadonlyMap<Digest, Acknowledgement>,
    blocks: blocks as ReadonlyMap<Height, Digest>,
    included: included as ReadonlyMap<Digest, Height>,
    wrong,
    write,
    complain,
    block,
    include,
    submit: (id: Digest): void => {
      submitted.add(id)
      write({ submitted: id })
    },
    submitted: () => submitted.size,
    acknowledge: (id: Digest, { height, node }: Acknowledgement): void => {
      write({ acknowledged: id, height, node })
      if (!submitted.has(id)) complain(`${node} proves ${id}, which nobody submitted`)
      acknowledged.set(id, { height, node })
      include(node, height, [id])
    },
    /** Heights are monotone for one client at one node, unless `forget` says that the node lost its folder. */
    read: ({ client, node, height, id, minHeight }: Read): void => {
      write({ read: node, client, height, minHeight })
      const key = `${client} ${node}`
      const before = reads.get(key) ?? 0
      if (height < before) complain(`${client} read ${height} from ${node} after ${before}`)
      if (height < minHeight) complain(`${client} asked ${node} for ${minHeight}, read ${height}`)
      reads.set(key, height)
      if (id !== undefined) block(node, height, id)
    },
    forget: (node: string): void => {
      for (const key of reads.keys()) if (key.endsWith(` ${node}`)) reads.delete(key)
    },
    close: (): Promise<void> =>
      new Promise((resolve) => {
        if (file === undefined) resolve()
        else file.end(() => resolve())
      }),
  }
}
