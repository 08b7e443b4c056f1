// The format of the genesis file: one strict JSON file; the hash of its canonical CBOR is the chain id.
import type { GenesisAccount, GenesisOrganization } from '../apps/registry/genesis.ts'
import { type ProposalVote, votesCodec } from '../apps/registry/proposal.ts'
import { organizationKind, roleSet } from '../apps/registry/roles.ts'
import { KEYS_MAX, organizationName } from '../apps/registry/state.ts'
import type { AppList, Payload } from '../vm/app.ts'
import { type CborValue, type Codec, encode, refuse, within } from '../vm/codec.ts'
import { array, named, optional, struct } from '../vm/codec-compound.ts'
import { bool, constant, hex, id32, text, uint } from '../vm/codec-scalar.ts'
import { digest } from '../vm/hash.ts'
import { VALIDATORS_MAX } from '../vm/limits.ts'
import { type EngineKind, engineKind } from '../vm/quorum.ts'
import { type Parameters, parametersCodec } from '../vm/rules.ts'
import type {
  AccountId,
  Digest,
  Height,
  Hex,
  OrganizationId,
  PublicKey,
  TimeMs,
} from '../vm/types.ts'
import type { Validator } from '../vm/validator.ts'

/** Organizations of the genesis. */
const ORGANIZATIONS_MAX = 1_000
/** Accounts of the genesis. */
const ACCOUNTS_MAX = 10_000
/** Addresses of one validator. */
const ADDRESSES_MAX = 8

const organizationCodec: Codec<GenesisOrganization> = struct({
  id: hex<OrganizationId>(32),
  name: organizationName,
  kind: organizationKind,
  founding: bool,
})

export const accountCodec: Codec<GenesisAccount> = struct({
  id: hex<AccountId>(32),
  organization: optional(hex<OrganizationId>(32)),
  roles: roleSet,
  publicKeys: array(hex<PublicKey>(32), KEYS_MAX, 1),
  encryptionKey: optional(id32),
})

/** The name by which operators call a validator: file names, logs, status. */
export const validatorName = text(40, 1, /^[a-z0-9][a-z0-9-]*$/)
/**
 * Multiaddrs, where a member is reached at first. There is one way only to divide the text, so that a refusal is as quick as a
 * match: after a name a part with some other character is its value.
 */
const multiaddr = text(200, 1, /^(?:\/[a-z0-9-]+(?:\/[a-z0-9-]*[^a-z0-9/\s,;=-][^/\s,;=]*)?)+$/)
export const addressesCodec = array(multiaddr, ADDRESSES_MAX)

const validatorFields = {
  name: validatorName,
  account: hex<AccountId>(32),
  organization: hex<OrganizationId>(32),
  consensusKey: hex<PublicKey>(32),
  peerKey: hex<PublicKey>(32),
}

export type GenesisValidator = Validator & {
  readonly name: string
  readonly addresses: readonly string[]
}

/** An application's section; its type is known to the application alone. */
export type GenesisApplication = { readonly name: string; readonly parameters: Payload }

/** Where a chain goes on from another one, whose validators are gone for good. */
export type Fork = {
  /** The old chain and its block after which the state is taken over. */
  readonly chainId: Digest
  readonly height: Height
  readonly blockId: Digest
  readonly stateRoot: Digest
}

const forkCodec: Codec<Fork> = named(
  'genesis-fork',
  struct({
    chainId: hex<Digest>(32),
    height: uint(),
    blockId: hex<Digest>(32),
    stateRoot: hex<Digest>(32),
  }),
)

export type GenesisFile = {
  readonly version: 1
  /** What people call the chain; no two chains are told apart by it. */
  readonly name: string
  readonly timeMs: TimeMs
  /** Fresh random bytes, so that a network that starts anew has another chain id and old votes do not apply. */
  readonly salt: Hex
  readonly engine: EngineKind
  readonly parameters: Parameters
  readonly organizations: readonly GenesisOrganization[]
  readonly accounts: readonly GenesisAccount[]
  /** The order is that of the rotation and of certificates. */
  readonly validators: readonly GenesisValidator[]
  /** One for each application that has a section, in the order of the list; of a fork those of the old chain. */
  readonly applications: readonly GenesisApplication[]
  /** Null for a chain that begins with what the file says; else organizations and accounts are in the state. */
  readonly fork: Fork | null
  /** Of a fork: by an admin of each organization with a validator. */
  readonly signatures: readonly ProposalVote[] | null
}

/** In JSON an object by application name; on the wire [tag, section] pairs, so that a new application moves no other. */
function applicationsCodec({ apps }: AppList): Codec<readonly GenesisApplication[]> {
  const sections = apps.flatMap(({ name, tag, genesis }) =>
    genesis === undefined ? [] : [{ name, tag, codec: genesis.parameters }],
  )
  const byName = struct(Object.fromEntries(sections.map(({ name, codec }) => [name, codec])))
  const codecOf = (name: string) => {
    const section = sections.find((known) => known.name === name)
    return section ?? refuse(`no application ${name} has a section`)
  }
  const asObject = (value: readonly GenesisApplication[]) =>
    Object.fromEntries(value.map(({ name, parameters }) => [name, parameters]))
  const asList = (object: Readonly<Record<string, unknown>>) =>
    sections.map(({ name }) => ({ name, parameters: object[name] as Payload }))
  const toCbor = (value: readonly GenesisApplication[]) =>
    value.map(({ name, parameters }): CborValue => {
      const { tag, codec } = codecOf(name)
      return [tag, within(name, () => codec.toCbor(parameters))]
    })
  return {
    toCbor,
    write: (value, sink) => sink.item(toCbor(value)),
    read: () => refuse('a genesis file is read from JSON'),
    fromCbor: () => refuse('a genesis file is read from JSON'),
    toJson: (value) => byName.toJson(asObject(value)),
    fromJson: (json) => asList(byName.fromJson(json)),
    schema: byName.schema,
    cddl: { expression: '[ * [ app: 1..255, section: any ] ]', rules: byName.cddl.rules },
  }
}

function codecWith<V, R extends Readonly<Record<string, Codec<unknown>>>>(
  list: AppList,
  validator: Codec<V>,
  rest: R,
) {
  return struct({
    version: constant(1),
    name: text(60, 1),
    timeMs: uint(),
    salt: id32,
    engine: engineKind,
    parameters: parametersCodec,
    organizations: array(organizationCodec, ORGANIZATIONS_MAX),
    accounts: array(accountCodec, ACCOUNTS_MAX),
    validators: array(validator, VALIDATORS_MAX, 1),
    applications: applicationsCodec(list),
    fork: optional(forkCodec),
    ...rest,
  })
}

/** The whole file. */
export function genesisCodec(list: AppList): Codec<GenesisFile> {
  const validator = struct({ ...validatorFields, addresses: addressesCodec })
  return codecWith(list, validator, { signatures: optional(votesCodec) })
}

/** What the hash covers: all but signatures, and addresses, which are advice for the first contact and may change. */
export function hashedGenesisCodec(list: AppList) {
  return named('genesis', codecWith(list, named('genesis-validator', struct(validatorFields)), {}))
}

/** The chain id. */
export function genesisHash(file: GenesisFile, list: AppList): Digest {
  return digest('genesis', encode(hashedGenesisCodec(list), file))
}
