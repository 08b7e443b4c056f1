// Key files: made once, read by their owner, refused in each other case with one clear line that quotes no secret.
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Test, test } from 'tap'
import { createKeyFile, inspectKeyFile, readKey } from '../../../node/keys/key-file.ts'
import { derivePublicKey, keyKinds, secretFrom } from '../../../node/keys/key-kind.ts'
import { readPassphrase } from '../../../node/keys/passphrase.ts'
import { toHex } from '../../../vm/bytes.ts'

const passphrase = { text: 'correct horse', scryptN: 2 ** 4 }

function folder(t: Test): string {
  const path = mkdtempSync(join(tmpdir(), 'epione-keys-'))
  t.teardown(() => rmSync(path, { recursive: true }))
  return path
}

test('each kind, plain or encrypted, reads back as it was made', async (t) => {
  const home = folder(t)
  for (const kind of keyKinds) {
    for (const words of [undefined, passphrase]) {
      const path = join(home, 'below', `${kind}-${words === undefined ? 'plain' : 'sealed'}.json`)
      const made = await createKeyFile({ path, kind, passphrase: words })
      t.equal(statSync(path).mode & 0o777, 0o600, 'only its owner reads it')
      t.same(await readKey({ path, kind, passphrase: words }), made)
      t.equal(derivePublicKey(kind, made.secret), made.publicKey)
      const shown = { kind, publicKey: made.publicKey, encrypted: words !== undefined }
      t.same(await inspectKeyFile(path), shown)
      const text = readFileSync(path, 'utf8')
      t.equal(text.includes(toHex(made.secret).slice(2)), words === undefined)
    }
  }
  t.equal(readdirSync(join(home, 'below')).length, 2 * keyKinds.length, 'no draft is left')
})

test('a key file is never overwritten', async (t) => {
  const path = join(folder(t), 'key.json')
  const first = await createKeyFile({ path, kind: 'account' })
  await t.rejects(createKeyFile({ path, kind: 'account' }), { code: 'KEY_EXISTS' })
  t.same(await readKey({ path, kind: 'account' }), first)
})

test('secrets have the form of their kind', (t) => {
  const random = new Uint8Array(64).fill(0xff)
  t.equal(derivePublicKey('encryption', new Uint8Array(32)), undefined, 'zero is no scalar')
  t.equal(
    derivePublicKey('encryption', new Uint8Array(32).fill(0xff)),
    undefined,
    'nor is 2^256 - 1',
  )
  t.ok(derivePublicKey('encryption', secretFrom('encryption', random)), 'a reduced one is')
  t.equal(derivePublicKey('account', new Uint8Array(31)), undefined)
  // RFC 8032 section 7.1, test 1.
  const seed = Buffer.from(
    '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    'hex',
  )
  t.equal(
    derivePublicKey('consensus', seed),
    '0xd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
  )
  t.end()
})

type Change = (file: { [key: string]: unknown; crypto: { [key: string]: unknown } }) => unknown

test('a damaged, open, foreign or locked file is refused with its code', async (t) => {
  const home = folder(t)
  const other = toHex(new Uint8Array(32).fill(9))
  const changed = (value: unknown) =>
    String(value).replace(/.$/, (digit) => (digit === '0' ? '1' : '0'))
  const table: readonly {
    why: string
    sealed?: boolean
    change?: Change
    text?: string
    code: string
  }[] = [
    { why: 'not JSON', text: '{"version":1,', code: 'KEY_DAMAGED' },
    { why: 'empty', text: '', code: 'KEY_DAMAGED' },
    { why: 'huge', text: ' '.repeat(5_000), code: 'KEY_DAMAGED' },
    { why: 'another version', change: (file) => ({ ...file, version: 2 }), code: 'KEY_DAMAGED' },
    { why: 'an unknown field', change: (file) => ({ ...file, note: 'x' }), code: 'KEY_DAMAGED' },
    {
      why: 'a short secret',
      change: (file) => ({ ...file, crypto: { kind: 'plain', secret: '0x01' } }),
      code: 'KEY_DAMAGED',
    },
    {
      why: 'a flipped digit of the secret',
      change: (file) => ({
        ...file,
        crypto: { ...file.crypto, secret: changed(file.crypto['secret']) },
      }),
      code: 'KEY_DAMAGED',
    },
    {
      why: 'another public key',
      change: (file) => ({ ...file, publicKey: other }),
      code: 'KEY_DAMAGED',
    },
    { why: 'another kind', change: (file) => ({ ...file, kind: 'p2p' }), code: 'KEY_WRONG_KIND' },
    {
      why: 'a public key changed under encryption',
      sealed: true,
      change: (file) => ({ ...file, publicKey: other }),
      code: 'PASSPHRASE_WRONG',
    },
    {
      why: 'a flipped digit of the ciphertext',
      sealed: true,
      change: (file) => ({
        ...file,
        crypto: { ...file.crypto, ciphertext: changed(file.crypto['ciphertext']) },
      }),
      code: 'PASSPHRASE_WRONG',
    },
    {
      why: 'a work factor that would take all memory',
      sealed: true,
      change: (file) => ({ ...file, crypto: { ...file.crypto, n: 2 ** 30 } }),
      code: 'KEY_DAMAGED',
    },
  ]
  for (const [index, { why, sealed = false, change, text, code }] of table.entries()) {
    const path = join(home, `${index}.json`)
    const words = sealed ? passphrase : undefined
    const key = await createKeyFile({ path, kind: 'account', passphrase: words })
    const file = JSON.parse(readFileSync(path, 'utf8'))
    writeFileSync(path, text ?? JSON.stringify(change?.(file)))
    const error = await readKey({ path, kind: 'account', passphrase: words }).catch(
      (caught) => caught,
    )
    t.match(error, { name: 'EpioneError', code, hint: /./ }, why)
    t.match(error.message, path, `${why}: the file is named`)
    t.notMatch(String(error.message), '\n', `${why}: one line`)
    t.notMatch(error.message, toHex(key.secret).slice(2, 20), `${why}: no secret`)
  }
})

test('a file that others can read is refused with what to do', async (t) => {
  const path = join(folder(t), 'key.json')
  await createKeyFile({ path, kind: 'account' })
  for (const mode of [0o640, 0o604, 0o660, 0o777]) {
    chmodSync(path, mode)
    await t.rejects(readKey({ path, kind: 'account' }), { code: 'KEY_TOO_OPEN', hint: /chmod 600/ })
  }
  chmodSync(path, 0o400)
  t.ok(await readKey({ path, kind: 'account' }), 'stricter is fine')
})

test('a missing file, a missing or a wrong passphrase', async (t) => {
  const home = folder(t)
  const path = join(home, 'key.json')
  await t.rejects(readKey({ path, kind: 'account' }), { code: 'KEY_MISSING', hint: /keys new/ })
  await createKeyFile({ path, kind: 'account', passphrase })
  await t.rejects(readKey({ path, kind: 'account' }), { code: 'KEY_LOCKED', hint: /passphrase/ })
  const wrong = { text: 'incorrect horse' }
  await t.rejects(readKey({ path, kind: 'account', passphrase: wrong }), {
    code: 'PASSPHRASE_WRONG',
  })
})

test('a passphrase is the first line of its file, in any Unicode form', async (t) => {
  const home = folder(t)
  const path = join(home, 'key.json')
  const words = join(home, 'passphrase')
  writeFileSync(words, 'caf\u00e9\r\nsecond line\n')
  const read = await readPassphrase(words)
  t.equal(read?.text, 'caf\u00e9')
  await createKeyFile({ path, kind: 'p2p', passphrase: { text: 'cafe\u0301', scryptN: 16 } })
  t.ok(await readKey({ path, kind: 'p2p', passphrase: read }))
  t.equal(await readPassphrase(null), undefined)
  writeFileSync(words, '\n')
  await t.rejects(readPassphrase(words), { code: 'PASSPHRASE_UNREADABLE' })
  await t.rejects(readPassphrase(join(home, 'none')), { code: 'PASSPHRASE_UNREADABLE' })
})
