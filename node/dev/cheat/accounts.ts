// What everybody has, in the bank and in bonds, as proven by the ledger.
import { balances, bonds, supplies } from '../../../apps/bank/state.ts'
import { decode } from '../../../vm/codec.ts'
import type { AccountId } from '../../../vm/types.ts'
import { mapLimited } from '../../agents/limit.ts'
import type { Nodes } from '../../agents/nodes.ts'
import { CURRENCY } from '../money.ts'

/** An account under the name of its party. */
export type Holder = { readonly name: string; readonly account: AccountId }
export type Holding = { readonly bond: bigint; readonly balance: bigint }
export type Holdings = {
  readonly of: ReadonlyMap<string, Holding>
  /** Of the currency, since the genesis. */
  readonly burned: bigint
}

const AT_ONCE = 8

/** Read at the newest block that any node has. */
export async function readHoldings(nodes: Nodes, holders: readonly Holder[]): Promise<Holdings> {
  const minHeight = await nodes.lookAround()
  const valueAt = async (at: ReturnType<typeof bonds.key>) =>
    (await nodes.ask(({ verified }) => verified.stateValue(at, { minHeight }))).value
  const entries = await mapLimited(holders, AT_ONCE, async ({ name, account }) => {
    const bond = await valueAt(bonds.key(account, CURRENCY))
    const balance = await valueAt(balances.key(account, CURRENCY))
    const holding: Holding = {
      bond: bond === undefined ? 0n : decode(bonds.value, bond).amount,
      balance: balance === undefined ? 0n : decode(balances.value, balance),
    }
    return [name, holding] as const
  })
  const supply = await valueAt(supplies.key(CURRENCY))
  const burned = supply === undefined ? 0n : decode(supplies.value, supply).burned
  return { of: new Map(entries), burned }
}
