// Validators of the toy chain with a past, and one who comes late.
import type { Test } from 'tap'
import type { CorePorts } from '../../node/core.ts'
import { createPast, diskWith, type Past } from './toy-history.ts'
import { at, startSeat } from './toy-network.ts'
import { createDisk, type Disk, type ToyValidator } from './toy-validator.ts'
import { createWire } from './wire.ts'

/** These validators with a past; others join with what is on a disk, validator 3 with an empty one. */
export async function pastScene(t: Test, past: Past, indices: readonly number[] = [0, 1, 2]) {
  const store = await createPast(past)
  const wire = createWire()
  const disks = await Promise.all(indices.map((index) => diskWith(t, index, store)))
  const seats = await Promise.all(
    disks.map((disk, place) => startSeat(t, { wire, index: at(indices, place), disk })),
  )
  const nodes: ToyValidator[] = [...seats]
  wire.mesh(nodes.map(({ peerKey }) => peerKey))
  /** Starts one that is connected with all others. */
  const start = async (index: number, disk: Disk, sync: CorePorts['sync']) => {
    const node = await startSeat(t, { wire, index, disk, ...(sync && { sync }) })
    for (const { peerKey } of nodes) wire.connect(node.peerKey, peerKey)
    return node
  }
  const disk = createDisk(t, 3)
  const join = (sync: CorePorts['sync'], from: Disk = disk) => start(3, from, sync)
  return { wire, nodes, disks, disk, join, start }
}
