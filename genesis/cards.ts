// An organization's public card, and the genesis that everybody makes of the same cards.
import { organizationKind, roleSet } from '../apps/registry/roles.ts'
import { FOUNDERS_MAX, KEYS_MAX, organizationName } from '../apps/registry/state.ts'
import type { AppList } from '../vm/app.ts'
import { concat } from '../vm/bytes.ts'
import { encode, type Infer, type JsonValue } from '../vm/codec.ts'
import { array, named, optional, struct } from '../vm/codec-compound.ts'
import { constant, hex, id32, uint } from '../vm/codec-scalar.ts'
import { digest, hash } from '../vm/hash.ts'
import type { EngineKind } from '../vm/quorum.ts'
import { defaultParameters, type Parameters } from '../vm/rules.ts'
import type { AccountId, Hex, OrganizationId, PublicKey, TimeMs } from '../vm/types.ts'
import { parseGenesis } from './build.ts'
import {
  accountCodec,
  addressesCodec,
  type GenesisFile,
  genesisCodec,
  validatorName,
} from './schema.ts'
import { defaultSections, type SectionFacts } from './sections.ts'

/** Accounts of one card. */
const CARD_ACCOUNTS_MAX = 20

export const cardCodec = named(
  'card',
  struct({
    version: constant(1),
    organization: struct({
      id: hex<OrganizationId>(32),
      name: organizationName,
      kind: organizationKind,
    }),
    /** One of them is admin. */
    accounts: array(
      struct({
        id: hex<AccountId>(32),
        roles: roleSet,
        publicKeys: array(hex<PublicKey>(32), KEYS_MAX, 1),
        encryptionKey: optional(id32),
      }),
      CARD_ACCOUNTS_MAX,
      1,
    ),
    /** None for an organization that runs no validator. */
    validator: optional(
      struct({
        name: validatorName,
        account: hex<AccountId>(32),
        consensusKey: hex<PublicKey>(32),
        peerKey: hex<PublicKey>(32),
        addresses: addressesCodec,
      }),
    ),
    /** When the card was made. */
    timeMs: uint(),
    /** 32 fresh random bytes: new cards of the same members make another chain. */
    salt: id32,
  }),
)
export type Card = Infer<typeof cardCodec>

export type CardOptions = {
  readonly name: string
  /** PBFT if not given. */
  readonly engine?: EngineKind
  /** The newest time of a card if not given. */
  readonly timeMs?: TimeMs
  /** A hash of all cards if not given. */
  readonly salt?: Hex
  readonly parameters?: Partial<Parameters>
  /** Sections by application name in place of the default ones. */
  readonly applications?: Readonly<Record<string, JsonValue>>
  /** Money of the start, in the default currency, for which the only settlement organization stands. */
  readonly balances?: SectionFacts['balances']
  /** Accounts that belong to no organization. */
  readonly people?: GenesisFile['accounts']
}

/** Names tell members apart, so their order is everybody's; of two equal ones the check refuses the second. */
function inOrder(cards: readonly Card[]): readonly Card[] {
  const key = ({ organization: { name, id } }: Card) => `${name}\n${id}`
  return [...cards].sort((left, right) => (key(left) < key(right) ? -1 : 1))
}

function sections(list: AppList, cards: readonly Card[], options: CardOptions) {
  const settlements = cards.filter(({ organization }) => organization.kind === 'settlement')
  const facts: SectionFacts = {
    settlement: settlements.length === 1 ? settlements[0]?.organization.id : undefined,
    balances: options.balances ?? [],
    validators: cards.filter(({ validator }) => validator !== null).length,
    baseTimeoutMs: { ...defaultParameters, ...options.parameters }.baseTimeoutMs,
  }
  return { ...defaultSections(list, facts), ...options.applications }
}

/**
 * The same file for the same cards in any order. Organizations with a validator are founding, the first fifteen of them. Throws
 * CodecError, with the path in the file that would result, for cards that do not fit together.
 */
export function genesisFromCards(
  cards: readonly Card[],
  options: CardOptions,
  list: AppList,
): GenesisFile {
  const ordered = inOrder(cards)
  const voters = ordered.filter(({ validator }) => validator !== null).slice(0, FOUNDERS_MAX)
  const encoded = ordered.map((card) => hash('card', encode(cardCodec, card)))
  const accounts = ordered.flatMap((card) =>
    card.accounts.map((account) => ({ ...account, organization: card.organization.id })),
  )
  const json = {
    version: 1,
    name: options.name,
    timeMs: options.timeMs ?? Math.max(0, ...ordered.map(({ timeMs }) => timeMs)),
    salt: options.salt ?? digest('genesis-salt', concat(...encoded)),
    engine: options.engine ?? 'pbft',
    parameters: { ...defaultParameters, ...options.parameters },
    organizations: ordered.map((card) => ({
      ...card.organization,
      founding: voters.includes(card),
    })),
    accounts: [...accounts, ...(options.people ?? [])].map(accountCodec.toJson),
    validators: ordered.flatMap(({ organization: { id }, validator }) =>
      validator === null ? [] : [{ ...validator, organization: id }],
    ),
    applications: sections(list, ordered, options),
    fork: null,
    signatures: null,
  }
  return parseGenesis(json, list)
}

/** The text of the file, the same everywhere. */
export function formatGenesis(file: GenesisFile, list: AppList): string {
  return `${JSON.stringify(genesisCodec(list).toJson(file), null, 2)}\n`
}
