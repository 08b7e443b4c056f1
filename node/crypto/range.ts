// Range proofs by dalek's Bulletproofs in WebAssembly, with this ledger's bases and given blindings.
import { readFileSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import {
  batch_range_proof,
  batch_verify_proof,
  initSync,
} from '@aptos-labs/confidential-asset-wasm-bindings/range-proofs'
import { assert } from '../../vm/assert.ts'
import { concat } from '../../vm/bytes.ts'
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

/**
 * V8 compiles a function of WebAssembly when it is first called: quickly, and later again by what it has counted. Code that the
 * optimizing compiler makes at once checks a range proof in three quarters of the time. The flag is set for the first call alone:
 * the cache of compiled JavaScript is good for one set of flags.
 */
function compileWell(firstCall: () => void): void {
  setFlagsFromString('--no-liftoff')
  try {
    firstCall()
  } finally {
    setFlagsFromString('--liftoff')
  }
}

/** The form of a range proof for one amount: four points, three scalars, ten points, two scalars. It proves nothing. */
function emptyProof(point: Uint8Array): Uint8Array {
  const points = (count: number) => Array.from({ length: count }, () => point)
  return concat(...points(4), new Uint8Array(3 * 32), ...points(10), new Uint8Array(2 * 32))
}

/**
 * Loads the module with the first proof, which takes 0.3 s: most who have the suite never see one. Proving draws its own randomness
 * from the operating system, verifying is a function of its input.
 */
export function createNativeRange(): RangeVerifier & RangeProver {
  const { H, G2 } = basesOf(ristretto255)
  const valueBase = ristretto255.encode(H)
  const blindingBase = ristretto255.encode(G2)
  const verify: RangeVerifier['verifyRange'] = (commitments, proof, bits = RANGE_BITS) => {
    try {
      const points = fillUp(commitments).map((bytes) => bytes.slice())
      return batch_verify_proof(proof, points, valueBase, blindingBase, bits)
    } catch {
      return false
    }
  }
  let isLoaded = false
  const load = () => {
    if (isLoaded) return
    const wasm = new URL('aptos_rp_wasm_bg.wasm', import.meta.resolve(PACKAGE))
    initSync({ module: readFileSync(wasm) })
    compileWell(() => verify([valueBase], emptyProof(valueBase)))
    isLoaded = true
  }
  return {
    verifyRange: (commitments, proof, bits = RANGE_BITS) => {
      if (!isRangeInput(commitments, proof, bits)) return false
      load()
      return verify(commitments, proof, bits)
    },
    proveRange: (amounts, blindings, bits = RANGE_BITS) => {
      assert(amounts.length === blindings.length, 'one blinding for each amount')
      assert(amounts.length >= 1 && amounts.length <= RANGE_AMOUNTS_MAX, '1 to 16 amounts')
      for (const amount of amounts)
        assert(amount >= 0n && amount < 2n ** BigInt(bits), 'an amount fits in its bits')
      for (const blinding of blindings)
        assert(blinding > 0n && blinding < RISTRETTO_ORDER, 'a blinding is a non-zero scalar')
      load()
      const result = batch_range_proof(
        BigUint64Array.from(fillUp(amounts)),
        fillUp(blindings).map(ristretto255.encodeScalar),
        valueBase,
        blindingBase,
        bits,
      )
      try {
        return { commitments: result.comms().slice(0, amounts.length), proof: result.proof() }
      } finally {
        result.free()
      }
    },
  }
}
