// The declarations that sodium-native does not ship: only what is used here.
declare module 'sodium-native' {
  const sodium: {
    crypto_sign_verify_detached(
      signature: Uint8Array,
      message: Uint8Array,
      publicKey: Uint8Array,
    ): boolean
    /** Canonical, on the curve, in the prime-order subgroup and not of small order. */
    crypto_core_ed25519_is_valid_point(point: Uint8Array): boolean
    crypto_sign_seed_keypair(publicKey: Uint8Array, secretKey: Uint8Array, seed: Uint8Array): void
    crypto_aead_chacha20poly1305_ietf_encrypt(
      sealed: Uint8Array,
      message: Uint8Array,
      associated: Uint8Array | null,
      unused: null,
      nonce: Uint8Array,
      key: Uint8Array,
    ): number
    /** Throws if the tag does not hold. */
    crypto_aead_chacha20poly1305_ietf_decrypt(
      message: Uint8Array,
      unused: null,
      sealed: Uint8Array,
      associated: Uint8Array | null,
      nonce: Uint8Array,
      key: Uint8Array,
    ): number
    crypto_sign_detached(signature: Uint8Array, message: Uint8Array, secretKey: Uint8Array): void
  }
  export = sodium
}
