// Range proofs by dalek's Bulletproofs in WebAssembly, with this ledger's bases and given blindings.
import { readFileSync } from 'node:fs'
import {
  batch_range_proof,
  batch_verify_proof,
  initSync,
} from '@aptos-labs/confidential-asset-wasm-bindings/range-proofs'
import { assert } from '../../vm/assert.ts'
import { basesOf } from '../../vm/crypto/bases.ts'
import {
  fillUp,
  isRangeInput,
  RANGE_AMOUNTS_MAX,
  RANGE_BITS,
} from '../../vm/crypto/range-format.ts'
import { RISTRETTO_ORDER, ristretto255 } from '../../vm/crypto/ristretto255.ts'
import type { RangeProver, RangeVerifier } from '../../vm/crypto/suite.ts'

const PACKAGE = '@aptos-labs/confidential-asset-wasm-bindings/range-proofs'

/** Loads the module; proving draws its own randomness from the operating system, verifying is a function of its input. */
export function createNativeRange(): RangeVerifier & RangeProver {
  const wasm = new URL('aptos_rp_wasm_bg.wasm', import.meta.resolve(PACKAGE))
  initSync({ module: readFileSync(wasm) })
  const { H, G2 } = basesOf(ristretto255)
  const valueBase = ristretto255.encode(H)
  const blindingBase = ristretto255.encode(G2)
  return {
    verifyRange: (commitments, proof) => {
      if (!isRangeInput(commitments, proof)) return false
      try {
        const points = fillUp(commitments).map((bytes) => bytes.slice())
        return batch_verify_proof(proof, points, valueBase, blindingBase, RANGE_BITS)
      } catch {
        return false
      }
    },
    proveRange: (amounts, blindings) => {
      assert(amounts.length === blindings.length, 'one blinding for each amount')
      assert(amounts.length >= 1 && amounts.length <= RANGE_AMOUNTS_MAX, '1 to 16 amounts')
      for (const amount of amounts)
        assert(amount >= 0n && amount < 2n ** BigInt(RANGE_BITS), 'an amount is below 2^32')
      for (const blinding of blindings)
        assert(blinding > 0n && blinding < RISTRETTO_ORDER, 'a blinding is a non-zero scalar')
      const result = batch_range_proof(
        BigUint64Array.from(fillUp(amounts)),
        fillUp(blindings).map(ristretto255.encodeScalar),
        valueBase,
        blindingBase,
        RANGE_BITS,
      )
      try {
        return { commitments: result.comms().slice(0, amounts.length), proof: result.proof() }
      } finally {
        result.free()
      }
    },
  }
}
