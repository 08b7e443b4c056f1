// A real ledger whose validators change by transactions, and a light client that follows it from the genesis set.
import t from 'tap'
import { appList } from '../../apps/index.ts'
import { changeValidators } from '../../apps/registry/change-validators.ts'
import { evidence } from '../../apps/registry/evidence.ts'
import { proposalHash } from '../../apps/registry/proposal.ts'
import { type Act, act, signTransaction } from '../../client/transaction.ts'
import { followSets, startView, verifyHeader } from '../../client/trusted-view.ts'
import { encodeCommitCertificate, formCertificate } from '../../consensus/certificate.ts'
import { createSigner } from '../../node/crypto/ed25519.ts'
import { openLedger } from '../../node/ledger/open.ts'
import { createMemoryStore } from '../../node/store/memory.ts'
import { fromHex, toHex } from '../../vm/bytes.ts'
import { digest } from '../../vm/hash.ts'
import { quorum } from '../../vm/quorum.ts'
import type { Digest, PublicKey } from '../../vm/types.ts'
import { type Validator, validatorsRoot } from '../../vm/validator.ts'
import { type Vote, voteDigest } from '../../vm/vote.ts'
import { checked } from '../support/long-chain.ts'
import { sampleNetwork } from '../support/sample-network.ts'

const START_MS = 1_700_000_000_000

async function createChain() {
  const seed = new Uint8Array(32).fill(4)
  const { sample, genesis } = sampleNetwork({ seed, timeMs: START_MS, validators: 7 })
  const ledger = await openLedger({ store: createMemoryStore(), genesis, list: appList })
  const { chainId } = genesis
  const signerOf = (name: string) => {
    const found = sample.accounts.find((account) => account.name === name)
    if (found === undefined) throw new Error(`no account ${name}`)
    const { sign, publicKey } = createSigner(fromHex(found.seed))
    return { account: found.account, publicKey: toHex(publicKey), sign }
  }
  const seats = new Map(
    sample.members.flatMap(({ validator }) =>
      validator === undefined ? [] : [[validator.consensus.publicKey, validator] as const],
    ),
  )
  const consensusSign = (publicKey: PublicKey, vote: Vote) =>
    createSigner(fromHex(seats.get(publicKey)?.consensus.seed ?? '0x')).sign(
      voteDigest(chainId, vote),
    )
  /** Decides a block with these acts, certified by the set that is in force for it. */
  const decide = async (...acts: readonly Act[]) => {
    const set = appList.identity.validators(ledger.state())
    const { timeMs, height } = ledger.head().header
    const envelopes = await Promise.all(
      acts.map((one) =>
        signTransaction({
          chainId,
          act: one,
          validUntil: timeMs + 60_000,
          signers: [signerOf('hospital-admin')],
        }),
      ),
    )
    const { execution, leftOut } = ledger.build({
      candidates: envelopes.map(({ bytes }) => checked(ledger, bytes)),
      verdictsOf: () => [{ ok: true }],
      timeMs: timeMs + 1_000,
      proposer: set[appList.identity.firstPrimary(ledger.state(), height + 1)]?.account ?? '0x',
      budget: 10_000,
      mayGoOn: () => true,
    })
    if (leftOut.length > 0) throw new Error(leftOut[0]?.reason.kind)
    const { id: blockId } = execution
    const vote = { kind: 'commit', height: height + 1, view: 0, blockId } as const
    const votes = set.slice(0, quorum(set.length, 'pbft')).map(({ consensusKey }, signer) => ({
      ...vote,
      signer,
      signature: consensusSign(consensusKey, vote),
    }))
    await ledger.commit(execution, encodeCommitCertificate(formCertificate(votes, set.length)))
    return { code: execution.receipts[0]?.value.code, header: execution.header, set }
  }
  const names = sample.file.validators.map(({ name }) => name)
  const removal = (name: string): Act => {
    const account = signerOf(`${name}-validator`).account
    const { timeMs } = ledger.head().header
    const window = { fromMs: timeMs, untilMs: timeMs + 60_000 }
    const proposal = { change: { kind: 'remove', account } as const, ...window }
    const votes = names.map((voter) => {
      const { account: id, publicKey, sign } = signerOf(`${voter}-admin`)
      return { account: id, publicKey, signature: sign(proposalHash(chainId, proposal)) }
    })
    return act(changeValidators, { proposal, votes })
  }
  const accusation = ({ consensusKey }: Validator): Act => {
    const { height } = ledger.head().header
    const signed = (blockId: Digest) => {
      const vote = { kind: 'prepare', height, view: 0, blockId } as const
      return { vote, signature: consensusSign(consensusKey, vote) }
    }
    const [first, second] = [1, 2].map((byte) => signed(digest('test', new Uint8Array([byte]))))
    return act(evidence, { consensusKey, first, second })
  }
  const links = async () =>
    (await ledger.setChain(1)).map((link) => ({
      proof: { header: link.headerBytes, certificate: link.certificateBytes },
      parent: link.parentBytes,
      validators: link.validators,
    }))
  return { genesis, ledger, names, decide, removal, accusation, links }
}

t.test('headers name the set that certifies the next block, and a client follows', async (t) => {
  const { genesis, ledger, names, decide, removal, accusation, links } = await createChain()
  const [gone, , guilty] = names as [string, string, string]
  const one = await decide(removal(gone))
  t.equal(one.code, '')
  t.equal(one.header.validatorsRoot, validatorsRoot(genesis.validators), 'h names the old set')
  const two = await decide()
  t.equal(two.set.length, 7, 'h + 1 is certified by the old set')
  const six = genesis.validators.slice(1)
  t.equal(two.header.validatorsRoot, validatorsRoot(six), 'and names the new one')
  const three = await decide(accusation(genesis.validators[2] as Validator))
  t.same(three.set, six, 'h + 2 is certified by the new set')
  t.equal(three.code, '', guilty)
  await decide(removal(names[1] as string))
  const five = await decide()
  t.same(five.set, [six[0], ...six.slice(2)])
  const last = await decide()
  t.equal(last.set.length, 4)

  const { chainId, engine, parameters } = genesis
  const { heartbeatMs } = parameters
  const view = startView({ chainId, engine, heartbeatMs, validators: genesis.validators })
  const judgement = { nowMs: last.header.timeMs }
  const head = {
    header: ledger.head().headerBytes,
    certificate: ledger.head().certificateBytes,
  }
  t.match(verifyHeader(view, head, judgement), { ok: false, fault: 'NOT_CERTIFIED' })
  const all = await links()
  t.equal(all.length, 3)
  const followed = followSets(view, all, judgement)
  if (!followed.ok) throw new Error(followed.detail)
  t.match(verifyHeader(followed.view, head, judgement), { ok: true, view: { height: 6 } })
  for (const left of [0, 1]) {
    const skipping = all.filter((_, index) => index !== left)
    t.notOk(followSets(view, skipping, judgement).ok, `without the link ${left}`)
  }
  const behind = followSets(view, all.slice(0, 1), judgement)
  if (!behind.ok) throw new Error(behind.detail)
  t.match(followSets(behind.view, all, judgement), { ok: true, view: followed.view })
})
