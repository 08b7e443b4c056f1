// epione rpc, status: short questions to a node.
import { Command } from 'commander'
import type { JsonValue } from '../../vm/codec.ts'
import { jsonArgument } from './files.ts'
import { clientOf, type NodeChoice, urlOf, withNode } from './node-url.ts'
import { facts, print, printJson, withJson } from './output.ts'

type Options = NodeChoice & { readonly json?: boolean }

export function rpcCommand(): Command {
  const command = withNode(new Command('rpc'))
    .description('call any method of a node')
    .argument('<method>')
    .argument('[parameters]', 'JSON object or @file', '{}')
  return withJson(command, [
    'epione rpc chain_head',
    `epione rpc chain_block '{"height":0}'`,
    'epione rpc rpc.discover',
  ]).action(async (method: string, argument: string, options: Options) => {
    const parameters = await jsonArgument(argument)
    const client = await clientOf(options)
    const answer = await client.call(method, parameters as Readonly<Record<string, JsonValue>>)
    printJson(answer as JsonValue)
  })
}

export function statusCommand(): Command {
  const command = withNode(new Command('status')).description('what a node knows and whom it sees')
  return withJson(command, [
    'epione status',
    'epione status --home chain/validators/hospital --json',
  ]).action(async (options: Options) => {
    const url = await urlOf(options)
    const status = await (await clientOf(options)).node()
    print(options, { url, ...status } as unknown as JsonValue, () => {
      const connected = status.peers.filter((peer) => peer.connected).map(({ name }) => name)
      return facts([
        ['asked', url],
        ['validator', status.validator ?? 'none: this node only follows'],
        ['chain id', status.chainId],
        ['height', status.height],
        ['state root', status.stateRoot],
        ['connected', connected.length === 0 ? 'nobody' : connected.join(', ')],
        ['quorum', status.quorum ? 'yes' : 'no: blocks cannot be decided'],
        ['catching up', status.syncing ? 'yes' : 'no'],
        ['waiting', `${status.mempool.count} transactions`],
      ])
    })
  })
}
