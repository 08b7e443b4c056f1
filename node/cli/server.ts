// epione server: any node may serve a vault: it stakes a bond, holds a share, answers, and leaves.
import { Command } from 'commander'
import { serverOfferCommand, serverRegisterCommand, serverStartCommand } from './server-acts.ts'
import { serverInitCommand } from './server-home.ts'
import { serverLeaveCommand } from './server-leave.ts'
import { serverStatusCommand } from './server-status.ts'

export function serverCommand(): Command {
  return new Command('server')
    .description('serve a vault: stake a bond, hold a share, answer, leave')
    .addCommand(serverInitCommand())
    .addCommand(serverRegisterCommand())
    .addCommand(serverOfferCommand())
    .addCommand(serverStartCommand())
    .addCommand(serverStatusCommand())
    .addCommand(serverLeaveCommand())
}
