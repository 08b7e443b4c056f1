// Runs one scene of the simulator, seed after seed, until a checker finds something: exit code 1 then, 0 if none did.
import { installNativeSha256 } from '../../node/crypto/sha256.ts'
import { simulate } from '../sim/simulation.ts'
import { scenes } from './scenes.ts'

const EXIT_FOUND = 1

async function hunt([name = '', seeds = '1']: readonly string[]): Promise<number> {
  const scene = scenes[name]
  if (scene === undefined) throw new RangeError(`no scene ${name}`)
  for (let seed = 1; seed <= Number(seeds); seed++) {
    const { failure } = await simulate({ ...scene, seed })
    if (failure === null) continue
    process.stdout.write(`seed ${seed}: ${failure.checker}: ${failure.text}\n`)
    return EXIT_FOUND
  }
  return 0
}

installNativeSha256()
process.exitCode = await hunt(process.argv.slice(2))
