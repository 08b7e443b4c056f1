// Room for many short byte strings that do not live long: to allocate each alone costs more than to fill it.

const PIECE_BYTES = 64 * 1024

let piece = new Uint8Array(PIECE_BYTES)
let cut = 0

/** Zeroed bytes, cut from a larger piece that lives as long as any part of it: not for what is kept one in a hundred. */
export function cutRoom(size: number): Uint8Array {
  if (size > PIECE_BYTES / 4) return new Uint8Array(size)
  if (cut + size > PIECE_BYTES) {
    piece = new Uint8Array(PIECE_BYTES)
    cut = 0
  }
  cut += size
  return piece.subarray(cut - size, cut)
}
