// epione openrpc, version: what this program is and what its nodes answer.
import { Command } from 'commander'
import { programVersion } from '../version.ts'
import { facts, print, printJson, withJson } from './output.ts'

export function openrpcCommand(): Command {
  const command = new Command('openrpc').description('print the description of every RPC method')
  return withJson(command, ['epione openrpc > openrpc.json']).action(async () => {
    const { appList } = await import('../../apps/index.ts')
    const { createMethods } = await import('../rpc/methods.ts')
    const { openRpcDocument } = await import('../rpc/openrpc.ts')
    printJson(openRpcDocument(createMethods({ list: appList }, programVersion), programVersion))
  })
}

export function versionCommand(): Command {
  const command = new Command('version').description('print the versions of this program')
  return withJson(command, ['epione version --json']).action((options: Options) => {
    const { node } = process.versions
    print(options, { epione: programVersion, node }, () =>
      facts([
        ['epione', programVersion],
        ['node', node],
      ]),
    )
  })
}

type Options = { readonly json?: boolean }
