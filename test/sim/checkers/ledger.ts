// Checkers of what blocks hold: each transaction once and by a member, and money that nobody made.
import { BANK, balances } from '../../../apps/bank/state.ts'
import { decode } from '../../../vm/codec.ts'
import type { Digest } from '../../../vm/types.ts'
import type { Checker } from './checker.ts'

/** Each transaction is in one block at most. */
const once: Checker = {
  name: 'once',
  create: ({ find }) => {
    const places = new Map<Digest, number>()
    return {
      onCommit: (_, { executed: { header, transactions } }) => {
        for (const { transaction } of transactions) {
          const before = places.get(transaction.id) ?? header.height
          places.set(transaction.id, before)
          if (before !== header.height)
            find(`${transaction.id} is in blocks ${before} and ${header.height}`)
        }
        const ids = new Set(transactions.map(({ transaction }) => transaction.id))
        if (ids.size !== transactions.length) find(`block ${header.height} repeats a transaction`)
      },
    }
  },
}

/** Nobody signs who is not on the ledger, and every signature holds. */
const members: Checker = {
  name: 'members',
  create: ({ find, world }) => {
    const { accounts, nodes } = world.chain
    const known = new Set(
      [...accounts, ...nodes.map((node) => node.account)].map(
        ({ account, publicKey }) => `${account}/${publicKey}`,
      ),
    )
    return {
      onCommit: (_, { executed: { header, transactions } }) => {
        for (const { transaction } of transactions) {
          for (const { account, publicKey } of transaction.body.signers) {
            if (!known.has(`${account}/${publicKey}`))
              find(`block ${header.height} holds an act of the stranger ${account}`)
          }
        }
      },
    }
  },
}

/** The balances of everybody add up to what there was at the start. */
const money: Checker = {
  name: 'money',
  create: ({ find, world }) => {
    const held = new Map<string, bigint>()
    const sum = () => [...held.values()].reduce((total, amount) => total + amount, 0n)
    const take = (writes: (typeof world.chain.genesis)['writes']): void => {
      for (const { app, key, value } of writes) {
        if (app !== BANK || !key.startsWith(`${balances.prefix}/`)) continue
        held.set(key, value === undefined ? 0n : decode(balances.value, value))
      }
    }
    take(world.chain.genesis.writes)
    const total = sum()
    let height = 0
    return {
      onCommit: (_, { executed }) => {
        // Who stores the same height later has the same state: that is another checker's.
        if (executed.header.height !== height + 1) return
        height += 1
        take(executed.writes)
        if (sum() !== total)
          find(`block ${height} changes the sum of all money by ${sum() - total}`)
      },
    }
  },
}

export const ledgerCheckers = [once, members, money] as const
