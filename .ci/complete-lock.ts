// Adds to package-lock.json the packages of other platforms that the registry at hand does not list.
//
// `npm ci` of npm 11 refuses a lock file that misses an optional dependency of any platform. What is
// added has version, os, cpu and libc, but no integrity: npm checks it when it first downloads it.
import { readFileSync, writeFileSync } from 'node:fs'

interface Package {
  readonly version?: string
  readonly dev?: boolean
  readonly optional?: boolean
  readonly os?: readonly string[]
  readonly cpu?: readonly string[]
  readonly libc?: readonly string[]
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

interface Lock {
  packages: Record<string, Package>
}

const SYSTEMS = [
  'android',
  'darwin',
  'freebsd',
  'linux',
  'win32',
  'openharmony',
  'openbsd',
  'netbsd',
  'sunos',
  'aix',
]
const CPUS = ['arm64', 'x64', 'ia32', 'arm', 'ppc64', 'riscv64', 's390x', 'loong64', 'mips64el']

/** What the name of a platform package stands for: `@x/y-linux-arm64-musl` and its like. */
function platform(name: string): Package {
  const parts = (name.split('/').at(-1) ?? '').split('-')
  const os = SYSTEMS.filter((system) => parts.includes(system))
  const isArm = parts.some((part) => part.endsWith('eabi') || part.endsWith('eabihf'))
  const cpu = isArm ? ['arm'] : CPUS.filter((each) => parts.includes(each))
  const isGnu = os.includes('linux') && parts.some((part) => part.startsWith('gnu'))
  const libc = parts.some((part) => part.startsWith('musl')) ? ['musl'] : isGnu ? ['glibc'] : []
  return {
    ...(cpu.length > 0 && { cpu }),
    ...(libc.length > 0 && { libc }),
    ...(os.length > 0 && { os }),
  }
}

/** Whether `name` resolves from the package at `path`, looking upwards as Node does. */
function isLocked(packages: Lock['packages'], path: string, name: string): boolean {
  if (`${path === '' ? '' : `${path}/`}node_modules/${name}` in packages) return true
  if (path === '') return false
  const outer = path.slice(0, path.lastIndexOf('node_modules/')).replace(/\/$/, '')
  return isLocked(packages, outer, name)
}

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as Lock
const packages = { ...lock.packages }
for (const [path, owner] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(owner.optionalDependencies ?? {})) {
    const fields = platform(name)
    if (fields.os === undefined || isLocked(packages, path, name)) continue
    const { cpu, libc, os } = fields
    packages[`node_modules/${name}`] = {
      version,
      ...(cpu !== undefined && { cpu }),
      ...(owner.dev === true && { dev: true }),
      ...(libc !== undefined && { libc }),
      optional: true,
      os,
    }
  }
}
const added = Object.keys(packages).length - Object.keys(lock.packages).length
lock.packages = Object.fromEntries(Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : 1)))
writeFileSync('package-lock.json', `${JSON.stringify(lock, null, 2)}\n`)
process.stdout.write(`${added} entries added to package-lock.json\n`)
