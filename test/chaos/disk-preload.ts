// Loaded before a validator whose disk is to be full where no small one can be mounted: its journal cannot be written.
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

const flag = process.env['CHAOS_FULL_DISK'] ?? ''
const write = fs.writevSync

fs.writevSync = (...given: Parameters<typeof write>) => {
  if (fs.existsSync(flag))
    throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })
  return write(...given)
}
syncBuiltinESMExports()
