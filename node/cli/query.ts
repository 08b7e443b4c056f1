// epione query NAME: asks an application's view of the newest state.
import { Command } from 'commander'
import { appList } from '../../apps/index.ts'
import type { Query } from '../../vm/app.ts'
import type { JsonValue } from '../../vm/codec.ts'
import { EpioneError } from '../errors.ts'
import { jsonArgument } from './files.ts'
import { clientOf, type NodeChoice, withNode } from './node-url.ts'
import { printJson, withJson } from './output.ts'

async function ask(query: Query, argument: string | undefined, options: NodeChoice): Promise<void> {
  const parameters = argument === undefined ? {} : await jsonArgument(argument)
  if (typeof parameters !== 'object' || parameters === null || Array.isArray(parameters)) {
    throw new EpioneError({
      code: 'INPUT_INVALID',
      message: 'the parameters must be a JSON object',
      hint: `epione query ${query.name} --help shows an example`,
    })
  }
  const client = await clientOf(options)
  const answer = await client.query(query.name, parameters as Readonly<Record<string, JsonValue>>)
  printJson(answer)
}

function commandOf(query: Query): Command {
  const command = withNode(new Command(query.name))
    .description(query.summary)
    .argument('[parameters]', 'JSON object or @file')
  const example = `epione query ${query.name} '${JSON.stringify(query.example)}'`
  return withJson(command, [example]).action((argument: string | undefined, options: NodeChoice) =>
    ask(query, argument, options),
  )
}

export function queryCommand(): Command {
  const command = new Command('query').description('ask for a part of the newest state')
  for (const query of appList.apps.flatMap((app) => app.queries))
    command.addCommand(commandOf(query))
  return command
}
