// Every setting of a node as a flag of the commands that take settings.
import { type Command, Option } from 'commander'
import { type Config, loadConfig } from '../config.ts'
import { settings } from '../config-schema.ts'

/** Adds one flag for each setting, and --config for the file. */
export function addSettings(command: Command): Command {
  command.option('--config <file>', 'settings file (TOML) in place of HOME/config.toml')
  for (const { flag, kind, description } of settings) {
    const value =
      kind === 'switch' ? '' : kind === 'list' || kind === 'map' ? ' <text...>' : ' <value>'
    command.addOption(new Option(`${flag}${value}`, description))
  }
  return command
}

type Flags = Readonly<Record<string, string | boolean | readonly string[] | undefined>>

export function configOf(flags: Flags): Config {
  const { config, ...rest } = flags
  return loadConfig({
    flags: rest,
    environment: process.env,
    configFile: typeof config === 'string' ? config : undefined,
  })
}
