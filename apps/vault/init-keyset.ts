// vault.initKeyset: hospitals begin a committee with a key that its members made together, so that no hospital knows it.

import { accept, defineTx, isRefusal, type Refusal, type TxContext } from '../../vm/app.ts'
import { assert } from '../../vm/assert.ts'
import { sample } from '../../vm/example.ts'
import type { Reader, Writer } from '../../vm/state.ts'
import { bondOf } from '../bank/state.ts'
import { activeEpoch } from '../committee/state.ts'
import { getAccount } from '../registry/state.ts'
import { refuse } from './codes.ts'
import { requireSigner } from './committee.ts'
import { keysetUnits } from './costs.ts'
import { committeeId } from './ids.ts'
import { ableSeats, findKeysetEpoch, isStrong, type KeysetEpoch } from './keyset.ts'
import { type InitKeyset, initKeysetCodec } from './keyset-payloads.ts'
import { requireParameters } from './parameters.ts'
import { committeeTable, dealTable, keysetTable, publicKeyTable, serverTable } from './state.ts'
import { TAGS } from './tags.ts'
import { admitWriter, areAscending, findAdmins } from './writers.ts'

/** The keyset's epoch in force, if it has a key for sums. */
function findEpoch(
  state: Reader,
  { keyset, epoch }: InitKeyset,
  { timeMs }: Pick<TxContext, 'timeMs'>,
): KeysetEpoch | Refusal {
  const inForce = activeEpoch(state, keyset, timeMs)
  if (inForce === undefined) return refuse('KEYSET_INACTIVE')
  if (inForce !== epoch) return refuse('EPOCH_WRONG')
  return findKeysetEpoch(state, keyset, epoch) ?? refuse('KEYSET_PURPOSE')
}

/** Members that answer are registered servers with a bond, and there are enough of them; later epochs ask for the same bond. */
function checkSeats(state: Reader, made: KeysetEpoch): Refusal | undefined {
  const able = ableSeats(made)
  if (!isStrong(made.deal, able.length)) return refuse('KEYSET_WEAK')
  const { currency, serverBondMin } = requireParameters(state)
  if (made.bond.currency !== currency || made.bond.amount < serverBondMin)
    return refuse('BOND_TOO_SMALL')
  for (const index of able) {
    const server = made.deal.servers[index - 1]
    const registered = server && serverTable.get(state, server)
    if (server === undefined || registered === undefined) return refuse('SERVER_UNKNOWN')
    if (registered.leavesMs !== null) return refuse('SERVER_LEAVING')
    if (bondOf(state, server, currency).amount < serverBondMin) return refuse('BOND_TOO_SMALL')
  }
  return undefined
}

function authorize(state: Reader, init: InitKeyset, context: TxContext): Refusal | undefined {
  const { account, writers } = init
  const refusal = requireSigner(account, context)
  if (refusal !== undefined) return refusal
  if (!areAscending(writers)) return refuse('WRITERS')
  const own = getAccount(state, account)?.organization
  if (!own || !writers.includes(own)) return refuse('WRITERS')
  const admins = findAdmins(state, writers, context)
  if (isRefusal(admins)) return admins
  if (admins.get(own) !== account) return refuse('ADMIN_MISSING')
  if (committeeTable.get(state, committeeId(init)) !== undefined) return refuse('COMMITTEE_EXISTS')
  const made = findEpoch(state, init, context)
  return isRefusal(made) ? made : checkSeats(state, made)
}

/** The committee is in force at once: complaints and acknowledgements were the keyset's. */
function write(
  state: Writer,
  init: InitKeyset,
  { made, timeMs }: { readonly made: KeysetEpoch; readonly timeMs: number },
): void {
  const { account, keyset, epoch, currency, writers } = init
  const committee = committeeId(init)
  const organization = getAccount(state, account)?.organization
  const [key] = made.deal.commitments
  assert(organization && key, 'authorize has found organization and key')
  const { acks, minimum } = made
  const ends = { dealtMs: timeMs, complaintsEndMs: timeMs, acksEndMs: timeMs }
  const names = { account, organization, epoch, previous: null, minimum, currency }
  committeeTable.put(state, { ...names, ...ends, acks, fault: null }, committee)
  keysetTable.put(state, { keyset, since: epoch, writers }, committee)
  dealTable.put(state, made.deal, committee, epoch)
  publicKeyTable.put(state, key, committee)
}

export const initKeyset = defineTx<InitKeyset>({
  name: 'vault.initKeyset',
  tag: TAGS['vault.initKeyset'],
  summary: 'Begins a committee over a keyset, for the organizations whose admins sign.',
  payload: initKeysetCodec,
  example: {
    account: sample('01'),
    nonce: sample('02', 16),
    keyset: sample('03'),
    epoch: 1,
    currency: 'USD',
    writers: [sample('04'), sample('05')],
    bond: '100000',
  },
  cost: ({ writers }) => keysetUnits(writers.length),
  authorize,
  execute: (state, init, context) => {
    const { writers, bond } = init
    const { timeMs } = context
    const committee = committeeId(init)
    const admins = findAdmins(state, writers, context)
    if (isRefusal(admins)) return admins
    const made = findEpoch(state, init, context)
    if (isRefusal(made)) return made
    for (const organization of writers) {
      const admin = admins.get(organization)
      assert(admin !== undefined, 'every writer has an admin')
      const refusal = admitWriter(state, committee, { organization, admin, bond, timeMs })
      if (refusal !== undefined) return refusal
    }
    write(state, init, { made, timeMs })
    const begun = { kind: 'vault.begun', reference: committee }
    const concerned = [...made.deal.servers, ...admins.values()]
    return accept(...concerned.map((recipient) => ({ ...begun, recipient })))
  },
})
