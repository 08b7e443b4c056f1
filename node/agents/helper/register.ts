// A helper becomes a server: its bond is locked before it offers anything.
import { serverRegister } from '../../../apps/vault/server-register.ts'
import type { TransactionSigner } from '../../../client/signer.ts'
import { type Act, act } from '../../../client/transaction.ts'
import { pause } from '../../../client/web.ts'
import type { AgentContext } from '../process.ts'

/** Delivers in the helper's name; answers the ledger's code. */
export type Deliver = (key: string, make: () => Act | Promise<Act>) => Promise<string>

export function deliverFor(
  { sender }: Pick<AgentContext, 'sender'>,
  signer: TransactionSigner,
): Deliver {
  return async (key, make) => (await sender.deliver({ key, make, signers: [signer] })).code
}

/** Between two attempts to lock a bond that the account does not have yet. */
const REGISTER_PAUSE_MS = 500

/** The bond may still be on its way to the account, and so may the account's role. */
const passing: ReadonlySet<string> = new Set(['BALANCE_TOO_LOW', 'ROLE_MISSING'])

/** Answers when the ledger has taken the bond, or says that waiting does not help. */
export async function register(
  deliver: Deliver,
  server: { readonly account: `0x${string}`; readonly bond: bigint },
): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    const make = () => act(serverRegister, server)
    const code = await deliver(`server.register/${attempt}`, make)
    if (!passing.has(code)) return
    await pause(REGISTER_PAUSE_MS)
  }
}
