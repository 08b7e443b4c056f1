// Ledger, mempool, bodies and blocks of a node of the toy chain: enough to serve others and to apply what they send.
import { createBodies } from '../../../node/bodies.ts'
import { verifySignature } from '../../../node/crypto/ed25519.ts'
import type { TransactionVerdict, VerificationJob } from '../../../node/crypto/verifier.ts'
import { openLedger } from '../../../node/ledger/open.ts'
import { createMempool } from '../../../node/mempool.ts'
import { createBlocks } from '../../../node/replica/blocks.ts'
import { createKeptStates } from '../../../node/snapshot/kept-states.ts'
import { createMemoryStore } from '../../../node/store/memory.ts'
import type { Store } from '../../../node/store/port.ts'
import { createVerification } from '../../../node/verification.ts'
import { fromHex } from '../../../vm/bytes.ts'
import type { PublicKey } from '../../../vm/types.ts'
import { toyGenesis, toyList } from '../../support/toy-chain.ts'
import { silent, toyClock } from '../../support/toy-validator.ts'

/** Signatures and proofs in this thread; as in a node, a promise where there are proofs. */
function verify({
  transaction,
  acts,
}: VerificationJob): TransactionVerdict | Promise<TransactionVerdict> {
  const { body, signatures, id } = transaction
  const holds = body.signers.every(({ publicKey }, index) =>
    verifySignature(fromHex(publicKey), fromHex(id), signatures[index] ?? new Uint8Array()),
  )
  const items = acts.items.map(
    (payload) => acts.type.verify?.({ payload } as never) ?? ({ ok: true } as const),
  )
  const verdict = { signatures: holds, items }
  return acts.type.verify === undefined ? verdict : Promise.resolve(verdict)
}

export type Request = (to: PublicKey, bytes: Uint8Array) => Promise<Uint8Array | undefined>

export async function createRooms(
  request: Request = async () => undefined,
  store: Store = createMemoryStore(),
  connected: () => readonly PublicKey[] = () => [],
) {
  const genesis = toyGenesis()
  const ledger = await openLedger({ store, genesis, list: toyList })
  const mempool = createMempool()
  const { check, counters } = createVerification({
    verify,
    state: ledger.state,
    clock: toyClock,
    onProofs: () => undefined,
  })
  const common = { mempool, check, request, connected }
  const bodies = createBodies({
    rules: ledger.rules,
    ...common,
    clock: toyClock,
  })
  const blocks = createBlocks({
    ledger,
    bodies,
    log: silent,
    clock: toyClock,
    onExecuted: () => undefined,
    ...common,
  })
  const kept = createKeptStates({ ledger, clock: toyClock })
  return { ledger, kept, mempool, check, counters, bodies, blocks }
}
