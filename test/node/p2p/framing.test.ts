// Frames in a stream of bytes, however the stream is cut.
import t from 'tap'
import { createFrameReader, joinFrames } from '../../../node/p2p/framing.ts'
import { frames } from './network.ts'

t.test('the same frames come out at every way to cut the stream', async (t) => {
  const sent = [new Uint8Array([1]), new Uint8Array(10).fill(2), new Uint8Array(3).fill(3)]
  const bytes = joinFrames(sent)
  for (let size = 1; size <= bytes.length; size++) {
    const reader = createFrameReader(10)
    const got: Uint8Array[] = []
    for (let at = 0; at < bytes.length; at += size) {
      const read = reader.push(bytes.subarray(at, at + size))
      if (typeof read !== 'string') got.push(...read)
    }
    t.strictSame(got, sent, `pieces of ${size}`)
  }
})

t.test('a frame larger than its first room, byte by byte and in pieces', async (t) => {
  const sent = frames(2, 200_000)
  const bytes = joinFrames(sent)
  for (const size of [1, 70_001, 400_000]) {
    const reader = createFrameReader(200_000)
    const got: Uint8Array[] = []
    for (let at = 0; at < bytes.length; at += size) {
      const read = reader.push(bytes.subarray(at, at + size))
      if (typeof read !== 'string') got.push(...read)
    }
    t.equal(Buffer.compare(joinFrames(got), bytes), 0, `pieces of ${size}`)
  }
})

t.test('a frame is a copy, and its limits are exact', async (t) => {
  const bytes = joinFrames([new Uint8Array([7, 7])])
  const [frame] = createFrameReader(2).push(bytes)
  bytes.fill(0)
  t.strictSame(frame, new Uint8Array([7, 7]))
  t.equal(createFrameReader(1).push(joinFrames([new Uint8Array(2)])), 'FRAME_TOO_LARGE')
  t.equal(createFrameReader(1).push(new Uint8Array(4)), 'FRAME_EMPTY')
})
