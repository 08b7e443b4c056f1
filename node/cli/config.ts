// epione config: the settings in force with where each came from, and their schema.
import { Command } from 'commander'
import type { JsonValue } from '../../vm/codec.ts'
import { settingsJsonSchema } from '../config-schema.ts'
import { EpioneError } from '../errors.ts'
import { isFolder } from './files.ts'
import { print, printJson, table, withJson } from './output.ts'
import { addSettings, configOf } from './settings-flags.ts'

/** A home with a typing error would show the defaults as if they were in force there. */
async function requireHome({ home }: { readonly home?: string }): Promise<void> {
  if (home === undefined || (await isFolder(home))) return
  throw new EpioneError({
    code: 'HOME_INVALID',
    message: `there is no folder ${home}`,
    hint: 'check the path; epione init makes a home',
  })
}

export function configCommand(): Command {
  const show = addSettings(
    new Command('show').description('every setting, its value and its source'),
  )
  const schema = new Command('schema').description('JSON Schema of the settings file, for editors')
  return new Command('config')
    .description('show settings and where they come from')
    .addCommand(
      withJson(show, [
        'epione config show --home hospital',
        'EPIONE_RPC_PORT=9000 epione config show --json',
      ]).action(async ({ json, ...flags }) => {
        await requireHome(flags)
        const { inForce } = configOf(flags)
        print({ json }, { settings: inForce } as unknown as JsonValue, () => [
          table(
            ['setting', 'value', 'from'],
            inForce.map(({ path, value, from }) => [path, JSON.stringify(value), from]),
          ),
        ])
      }),
    )
    .addCommand(
      withJson(schema, ['epione config schema > epione.schema.json']).action(() => {
        printJson(settingsJsonSchema() as JsonValue)
      }),
    )
}
