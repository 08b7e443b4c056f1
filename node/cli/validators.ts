// epione validators: who decides, who waits for a seat, and changes of the set by vote.
import { Command } from 'commander'
import { type ValidatorsView, validatorsView } from '../../apps/registry/validator-queries.ts'
import type { JsonValue } from '../../vm/codec.ts'
import { askValidators } from './ask-validators.ts'
import { clientOf, type NodeChoice, withNode } from './node-url.ts'
import { print, table, withJson } from './output.ts'
import { admitCommand } from './validators-admit.ts'
import { auditCommand } from './validators-audit.ts'
import { proposeCommand } from './validators-propose.ts'
import { submitCommand, voteCommand } from './validators-vote.ts'

type Options = NodeChoice & { readonly json?: boolean }

function setLines({ validators }: ValidatorsView): readonly string[] {
  const word = ({ due, skippedUntil, alive }: ValidatorsView['validators'][number]) => {
    if (due) return 'next to propose'
    if (skippedUntil !== null) return `skipped to height ${skippedUntil}`
    return alive ? '' : 'missed its turn'
  }
  const rows = validators.map((one) => [one.name, one.account, one.consensusKey, word(one)])
  return [table(['organization', 'account', 'consensus key', ''], rows)]
}

function pendingLines({ pending }: ValidatorsView): readonly string[] {
  return pending.flatMap(({ from, validators }) => [
    '',
    `from height ${from} on: ${validators.map(({ name }) => name).join(', ')}`,
  ])
}

function candidateLines({ candidates }: ValidatorsView): readonly string[] {
  if (candidates.length === 0) return []
  const word = ({ ready, readyMs }: ValidatorsView['candidates'][number]) => {
    if (ready) return 'ready'
    return readyMs === null ? 'has not caught up' : 'was ready, silent for an hour'
  }
  const rows = candidates.map((one) => [one.name, one.account, one.consensusKey, word(one)])
  return ['', table(['candidate', 'account', 'consensus key', ''], rows)]
}

async function list(options: Options): Promise<void> {
  const { height, ...view } = await askValidators(await clientOf(options))
  const json = validatorsView.toJson(view) as Readonly<Record<string, JsonValue>>
  print(options, { height, ...json }, () => [
    ...setLines(view),
    ...pendingLines(view),
    ...candidateLines(view),
  ])
}

export function validatorsCommand(): Command {
  const show = withNode(new Command('list'))
    .description('the set that decides now, sets to come, and candidates')
    .action(list)
  return new Command('validators')
    .description('who decides, and changes of the set by vote')
    .addCommand(withJson(show, ['epione validators list', 'epione validators list --json']), {
      isDefault: true,
    })
    .addCommand(admitCommand())
    .addCommand(proposeCommand())
    .addCommand(voteCommand())
    .addCommand(submitCommand())
    .addCommand(auditCommand())
}
