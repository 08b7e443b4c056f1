// epione agent: runs one role of somebody who uses the ledger; started by other commands, so not shown in the help.
import { Command, Option } from 'commander'
import { type Role, runAgent } from '../agents/process.ts'

/** Each role is loaded by the process that plays it, and by no other. */
const roles: Readonly<Record<string, () => Promise<Role>>> = {
  helper: async () => (await import('../agents/helper/helper.ts')).runHelper,
  hospital: async () => (await import('../agents/hospital/hospital.ts')).runHospital,
  patients: async () => (await import('../agents/patients/patients.ts')).runPatients,
  payer: async () => (await import('../agents/payer/payer.ts')).runPayer,
}

type Flags = { readonly home: string; readonly rpc: readonly string[] }

export function agentCommand(): Command {
  return new Command('agent')
    .description('run one agent in its home folder until it is told to stop')
    .argument('<role>', Object.keys(roles).join(', '))
    .addOption(new Option('--home <folder>', 'home of the agent').makeOptionMandatory())
    .addOption(
      new Option('--rpc <urls...>', 'nodes to ask, the first one first').makeOptionMandatory(),
    )
    .action(async (role: string, { home, rpc }: Flags, command: Command) => {
      const load = roles[role]
      if (load === undefined) return command.error(`error: no role is called ${role}`)
      process.exit(await runAgent({ home, rpc }, await load()))
    })
}
