// Noise as this project uses it: libsodium seals and opens, a message leaves in one write, and waiting for more throws nothing new.
import { type ICryptoInterface, noise, pureJsCrypto } from '@chainsafe/libp2p-noise'
import type { ConnectionEncrypter, MessageStream, SecuredConnection } from '@libp2p/interface'
import sodium from 'sodium-native'
import { concat } from '../../vm/bytes.ts'

const TAG_BYTES = 16

/** The rest of the handshake stays with the library: it happens once for each connection. */
const cryptography: ICryptoInterface = {
  ...pureJsCrypto,
  chaCha20Poly1305Encrypt: (plaintext, nonce, associated, key) => {
    const sealed = new Uint8Array(plaintext.byteLength + TAG_BYTES)
    const open = plaintext.subarray()
    sodium.crypto_aead_chacha20poly1305_ietf_encrypt(sealed, open, associated, null, nonce, key)
    return sealed
  },
  chaCha20Poly1305Decrypt: (ciphertext, nonce, associated, key) => {
    const open = new Uint8Array(Math.max(0, ciphertext.byteLength - TAG_BYTES))
    const sealed = ciphertext.subarray()
    sodium.crypto_aead_chacha20poly1305_ietf_decrypt(open, null, sealed, associated, nonce, key)
    return open
  },
}

/** What is sent in one turn leaves in one write: else each piece of each message would, and on a quiet line in a packet. */
function joinWrites(stream: MessageStream): MessageStream {
  const send = stream.send.bind(stream)
  let pieces: Uint8Array[] = []
  const flush = (): void => {
    const all = pieces
    pieces = []
    if (stream.status === 'open') send(concat(...all))
  }
  stream.send = (data) => {
    if (pieces.length === 0) queueMicrotask(flush)
    pieces.push(data.subarray())
    return !stream.writableNeedsDrain
  }
  return stream
}

type LengthDecoder = { lengthDecoder: (buffer: { readonly byteLength: number }) => number }

const lengthBytes = 2
const incomplete = new RangeError('the length of the next message is not here yet')

/** The decoder asks for a length after every message and takes a RangeError for "not yet": the same one costs no stack trace. */
function waitQuietly(secured: SecuredConnection): SecuredConnection {
  const { decoder } = secured.connection as unknown as { readonly decoder: LengthDecoder }
  const { lengthDecoder } = decoder
  decoder.lengthDecoder = (buffer) => {
    if (buffer.byteLength < lengthBytes) throw incomplete
    return lengthDecoder(buffer)
  }
  return secured
}

export function quickNoise() {
  const create = noise({ crypto: cryptography })
  return (components: Parameters<typeof create>[0]): ConnectionEncrypter => {
    const encrypter = create(components)
    const { secureInbound, secureOutbound } = encrypter
    return Object.assign(encrypter, {
      secureInbound: async (...[stream, options]: Parameters<typeof secureInbound>) =>
        waitQuietly(await secureInbound.call(encrypter, joinWrites(stream), options)),
      secureOutbound: async (...[stream, options]: Parameters<typeof secureOutbound>) =>
        waitQuietly(await secureOutbound.call(encrypter, joinWrites(stream), options)),
    })
  }
}
