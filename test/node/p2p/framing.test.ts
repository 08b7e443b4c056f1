// Frames in a stream of bytes, however the stream is cut.
import type { Stream } from '@libp2p/interface'
import t from 'tap'
import { createFrameReader, joinFrames } from '../../../node/p2p/framing.ts'
import { readFrames } from '../../../node/p2p/stream-reader.ts'
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

t.test('a window full of one-byte frames is handed on one by one', async (t) => {
  const count = 209_715
  const chunk = new Uint8Array(5 * count)
  for (let at = 3; at < chunk.length; at += 5) chunk[at] = 1
  const stream = Object.assign(new EventTarget(), {
    status: 'open',
    readStatus: 'readable',
    pause: () => undefined,
    resume: () => undefined,
  })
  let frames = 0
  readFrames({
    stream: stream as unknown as Stream,
    sizeMax: 10,
    onBytes: () => undefined,
    onFrame: () => {
      frames += 1
    },
    onError: (error) => t.fail(String(error)),
    onEnd: () => undefined,
  })
  stream.dispatchEvent(Object.assign(new Event('message'), { data: { subarray: () => chunk } }))
  t.equal(frames, count)
})

t.test('a frame is a copy, and its limits are exact', async (t) => {
  const bytes = joinFrames([new Uint8Array([7, 7])])
  const [frame] = createFrameReader(2).push(bytes)
  bytes.fill(0)
  t.strictSame(frame, new Uint8Array([7, 7]))
  t.equal(createFrameReader(1).push(joinFrames([new Uint8Array(2)])), 'FRAME_TOO_LARGE')
  t.equal(createFrameReader(1).push(new Uint8Array(4)), 'FRAME_EMPTY')
})
