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

/** Between two attempts to lock a bond, growing from the first to the last. */
const PAUSE_MS = { first: 500, most: 5_000 } as const

/** The bond may still be on its way to the account, and so may the account's role. */
const passing: ReadonlySet<string> = new Set(['BALANCE_TOO_LOW', 'ROLE_MISSING'])

/** Resolves when the ledger has taken the bond, or says that waiting does not help. */
export async function register(
  context: Pick<AgentContext, 'outbox' | 'sender'>,
  signer: TransactionSigner,
  bond: bigint,
): Promise<void> {
  const { account } = signer
  const deliver = deliverFor(context, signer)
  for (let attempt = 0; ; attempt++) {
    const key = `server.register/${attempt}`
    const wasTried = context.outbox.get(key)?.outcome !== undefined
    const code = await deliver(key, () => act(serverRegister, { account, bond }))
    if (!passing.has(code)) return
    if (!wasTried) await pause(Math.min(PAUSE_MS.first * 1.5 ** attempt, PAUSE_MS.most))
  }
}
