// CRC-32C as LevelDB stores it: Castagnoli's polynomial, masked.

const TABLES = 8
const tables = createTables()

function createTables(): Uint32Array {
  const made = new Uint32Array(TABLES * 256)
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
    made[byte] = crc
  }
  for (let i = 256; i < made.length; i++) {
    const before = made[i - 256] as number
    made[i] = (before >>> 8) ^ (made[before & 255] as number)
  }
  return made
}

const at = (table: number, byte: number) => tables[table * 256 + (byte & 255)] as number

/** Eight bytes in a step ("slicing"), because whole table files go through here. */
function crc32c(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  let crc = 0xffffffff
  let i = 0
  for (; i + 8 <= bytes.length; i += 8) {
    const low = crc ^ view.getUint32(i, true)
    const high = view.getUint32(i + 4, true)
    crc =
      at(7, low) ^
      at(6, low >>> 8) ^
      at(5, low >>> 16) ^
      at(4, low >>> 24) ^
      at(3, high) ^
      at(2, high >>> 8) ^
      at(1, high >>> 16) ^
      at(0, high >>> 24)
  }
  for (; i < bytes.length; i++) crc = at(0, crc ^ (bytes[i] as number)) ^ (crc >>> 8)
  return (crc ^ 0xffffffff) >>> 0
}

/** As it stands in the files: rotated and moved, so that a checksum over data with checksums is not degenerate. */
export function maskedCrc32c(bytes: Uint8Array): number {
  const crc = crc32c(bytes)
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
}
