// The bank's section of the genesis file: currencies, who stands for them, and the first balances, which count as issued.
import type { GenesisSection } from '../../vm/app.ts'
import type { Infer } from '../../vm/codec.ts'
import { CodecError } from '../../vm/codec.ts'
import { array, named, struct } from '../../vm/codec-compound.ts'
import { amount, hex } from '../../vm/codec-scalar.ts'
import type { Reader } from '../../vm/state.ts'
import type { AccountId, OrganizationId } from '../../vm/types.ts'
import { accountExists, getOrganization } from '../registry/state.ts'
import { AMOUNT_MAX, balances, currencyCodec, supplies } from './state.ts'

/** Currencies of one chain. */
const CURRENCIES_MAX = 50
/** Balances of one currency in the genesis. */
const BALANCES_MAX = 10_000

const currencySection = struct({
  code: currencyCodec,
  /** Its settlement organization. */
  organization: hex<OrganizationId>(32),
  balances: array(struct({ account: hex<AccountId>(32), amount }), BALANCES_MAX),
})

export const bankGenesisCodec = named(
  'bank-genesis',
  struct({ currencies: array(currencySection, CURRENCIES_MAX) }),
)
export type BankGenesis = Infer<typeof bankGenesisCodec>
type CurrencySection = BankGenesis['currencies'][number]

function checkCurrency(state: Reader, path: string, section: CurrencySection): bigint {
  const { code, organization } = section
  if (supplies.get(state, code) !== undefined)
    throw new CodecError(`the currency ${code} is listed twice`, `${path}.code`)
  if (getOrganization(state, organization)?.kind !== 'settlement')
    throw new CodecError('no settlement organization has this id', `${path}.organization`)
  const seen = new Set<AccountId>()
  section.balances.forEach(({ account, amount: sum }, index) => {
    const at = `${path}.balances[${index}]`
    if (!accountExists(state, account))
      throw new CodecError('no account has this id', `${at}.account`)
    if (seen.has(account)) throw new CodecError('the account is listed twice', `${at}.account`)
    if (sum === 0n) throw new CodecError('a balance is at least 1', `${at}.amount`)
    seen.add(account)
  })
  const issued = section.balances.reduce((sum, balance) => sum + balance.amount, 0n)
  if (issued > AMOUNT_MAX)
    throw new CodecError('together more than 64 bits hold', `${path}.balances`)
  return issued
}

/** Throws CodecError with the path inside the section. */
export const bankGenesis: GenesisSection<BankGenesis> = {
  parameters: bankGenesisCodec,
  initialize: (state, { currencies }) => {
    currencies.forEach((section, index) => {
      const issued = checkCurrency(state, `currencies[${index}]`, section)
      const { code, organization } = section
      supplies.put(state, { organization, issued, redeemed: 0n, burned: 0n }, code)
      for (const balance of section.balances)
        balances.put(state, balance.amount, balance.account, code)
    })
  },
}
