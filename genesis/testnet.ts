// A whole network from one random seed: members, their keys and the genesis they share.
import type { AppList } from '../vm/app.ts'
import { asciiBytes } from '../vm/bytes.ts'
import { hash } from '../vm/hash.ts'
import type { EngineKind } from '../vm/quorum.ts'
import type { Parameters } from '../vm/rules.ts'
import type { AccountId, TimeMs } from '../vm/types.ts'
import { genesisFromCards } from './cards.ts'
import {
  type AccountKeys,
  accountKeys,
  createMember,
  type Member,
  type MemberPlan,
} from './member.ts'
import type { GenesisFile } from './schema.ts'

export type TestnetPlan = {
  readonly name: string
  readonly engine?: EngineKind
  /** 32 random bytes; everything secret comes from them. */
  readonly seed: Uint8Array
  readonly timeMs: TimeMs
  readonly members: readonly MemberPlan[]
  /** Names of accounts that belong to no organization. */
  readonly people: readonly string[]
  /** By name of an account, in minor units of the default currency. */
  readonly balances: ReadonlyMap<string, bigint>
  readonly parameters?: Partial<Parameters>
  /** Where the validator of that name is reached; nowhere if not given. */
  readonly addressesOf?: (name: string) => readonly string[]
}

export type Testnet = {
  readonly file: GenesisFile
  /** In the order of the plan. */
  readonly members: readonly Member[]
  /** All accounts with their keys: those of members, then people. Names are distinct. */
  readonly accounts: readonly AccountKeys[]
}

export function createTestnet(plan: TestnetPlan, list: AppList): Testnet {
  const { name, seed, timeMs, parameters, addressesOf = () => [] } = plan
  const members = plan.members.map((member) =>
    createMember(member, {
      seed: hash('testnet-member', seed, asciiBytes(member.name)),
      timeMs,
      addresses: addressesOf(member.name),
    }),
  )
  const peopleSeed = hash('testnet-people', seed)
  const people = plan.people.map((person) =>
    accountKeys(peopleSeed, { name: person, roles: ['patient'] }),
  )
  const accounts = [...members.flatMap((member) => member.accounts), ...people]
  const balances = accounts.flatMap((account): { account: AccountId; amount: bigint }[] => {
    const amount = plan.balances.get(account.name)
    return amount === undefined ? [] : [{ account: account.account, amount }]
  })
  const file = genesisFromCards(
    members.map(({ card }) => card),
    {
      name,
      balances,
      ...(plan.engine === undefined ? {} : { engine: plan.engine }),
      people: people.map(({ account, roles, publicKey }) => ({
        id: account,
        organization: null,
        roles,
        publicKeys: [publicKey],
        encryptionKey: null,
      })),
      ...(parameters === undefined ? {} : { parameters }),
    },
    list,
  )
  return { file, members, accounts }
}
