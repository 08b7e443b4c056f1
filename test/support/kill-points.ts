// A network of four that cannot decide without the validator whose disk a test breaks, and what must hold when it comes back.
import type { Test } from 'tap'
import { encodeMessage, type Message } from '../../consensus/message.ts'
import { createFragileHome, type FragileHome, type HomeOperation } from './fragile-home.ts'
import type { DiskFault } from './memory-disk.ts'
import { at, blocksAt, fresh, messageIn } from './toy-network.ts'
import { startValidator } from './toy-validator.ts'
import { createWire, type Wire } from './wire.ts'

/** What a kill counts: the operations that make something durable, or those that take up space. */
const counted: Readonly<Record<Kill['at'], readonly HomeOperation['kind'][]>> = {
  fsync: ['sync', 'folder-sync', 'store'],
  write: ['write', 'name', 'folder', 'store'],
}

export type Kill = {
  readonly at: 'fsync' | 'write'
  /** The how-manieth of these from now on. */
  readonly count: number
  readonly fault: DiskFault
}

/** The place in the set of the one that hears all and is heard by nobody. */
const mute = 3
const indices = [0, 1, 2, mute] as const

/** What everybody says at each place, for as long as the wire exists. */
function listen(wire: Wire, victim: number) {
  const said = new Map<string, Set<string>>()
  const wrong: string[] = []
  let isBroken = false
  const note = (message: Message): void => {
    const { signer, kind, height, view } = message
    const place = `validator ${signer}: ${kind} ${height}/${view}`
    const bodies = said.get(place) ?? new Set()
    const hex = Buffer.from(encodeMessage(message)).toString('hex')
    if (bodies.has(hex)) return
    said.set(place, bodies.add(hex))
    if (bodies.size > 1) wrong.push(`two bodies: ${place}`)
    if (isBroken && signer === victim) wrong.push(`sent after its disk failed: ${place}`)
  }
  wire.meddle((letter) => {
    const message = messageIn(letter)
    if (message === undefined) return [letter.bytes]
    note(message)
    return message.signer === mute ? [] : [letter.bytes]
  })
  return {
    wrong,
    isBroken: () => isBroken,
    setBroken: (broken: 'broken' | 'whole') => {
      isBroken = broken === 'broken'
    },
    hasPrepared: (signer: number, height: number) =>
      [...said.keys()].some((place) => place.startsWith(`validator ${signer}: prepare ${height}/`)),
  }
}

/** Fails at the operation of `kill`; answers which one it was. */
function arm(home: FragileHome, { at, count, fault }: Kill): Promise<HomeOperation> {
  const { promise, resolve } = Promise.withResolvers<HomeOperation>()
  let left = count
  home.fault = (operation) => {
    if (!counted[at].includes(operation.kind) || --left > 0) return undefined
    home.fault = () => undefined
    resolve(operation)
    return fault
  }
  return promise
}

/** `victim`: the place in the set of the one whose disk breaks; 0 is the primary of every view 0. */
export async function startWard(t: Test, victim: number, seed: number) {
  const wire = createWire()
  const heard = listen(wire, victim)
  const homes = indices.map((index) => createFragileHome(index, seed + index))
  const home = at(homes, victim)
  const start = (index: number) => startValidator({ wire, index, disk: at(homes, index).open() })
  const nodes = await Promise.all(indices.map(start))
  t.teardown(() => Promise.all(nodes.map((node) => node.stop())))
  const connect = () => wire.mesh(nodes.map(({ peerKey }) => peerKey))
  connect()

  /** Something that waits for a block; resolves when the mute one has it, or with `end`. */
  const askFor = async (end: Promise<unknown>): Promise<number | undefined> => {
    const { bytes, id } = fresh().transaction
    for (const node of nodes) await node.submit(bytes)
    const last = at(nodes, mute)
    let isOver = false
    void end.then(() => {
      isOver = true
    })
    while (!isOver && !last.ledger.contains(id)) await Promise.race([end, last.happens('block')])
    return last.ledger.place(id)?.height
  }
  const decide = async (): Promise<number> => {
    const height = (await askFor(new Promise(() => undefined))) ?? 0
    await Promise.all(nodes.map((node) => node.reach(height)))
    return height
  }
  /** A life may end in its own start, of the one fault that is armed; the next one then begins. */
  const restart = async (): Promise<void> => {
    await at(nodes, victim).stop()
    heard.setBroken('whole')
    const next = await start(victim).catch((error: unknown) => {
      if (!heard.isBroken()) throw error
      heard.setBroken('whole')
      return start(victim)
    })
    nodes[victim] = next
    connect()
  }
  const breakAt = (kill: Kill): Promise<HomeOperation> =>
    arm(home, kill).then((operation) => {
      heard.setBroken('broken')
      return operation
    })
  return {
    home,
    decide,
    restart,
    breakAt,
    askFor,
    victim: () => at(nodes, victim),
    /** Breaks the disk, waits until the node has given up, and starts it again on what is left. */
    killAt: async (kill: Kill): Promise<HomeOperation> => {
      const gaveUp = at(nodes, victim).happens('failure')
      const broken = breakAt(kill)
      let isOver = false
      void gaveUp.then(() => {
        isOver = true
      })
      while (!isOver) await askFor(gaveUp)
      await restart()
      return broken
    },
    /**
     * Decides a height, for which the victim's prepare is needed, and judges all that was ever said. Its commit is not: the
     * mute one counts its own, and may send the block to the victim before that has locked its commit.
     */
    judge: async (): Promise<readonly string[]> => {
      const height = await decide()
      const forks = [height - 1, height].filter((one) => blocksAt(nodes, one).size !== 1)
      return [
        ...heard.wrong,
        ...forks.map((one) => `fork at ${one}`),
        ...(heard.hasPrepared(victim, height) ? [] : [`no vote at ${height}`]),
      ]
    },
  }
}
