// chain_*: blocks, headers, certificates, the set chain, and what the chain runs by.
import {
  blockAnswer,
  certificateAnswer,
  chainAnswer,
  headerAnswer,
  SET_LINKS_MAX,
  setChainAnswer,
  VOTE_HEIGHTS_MAX,
  validatorsAnswer,
  votesAnswer,
} from '../../client/answers.ts'
import { decodeCommitCertificate } from '../../consensus/certificate.ts'
import { optional } from '../../vm/codec-compound.ts'
import { bool, uint } from '../../vm/codec-scalar.ts'
import type { Height } from '../../vm/types.ts'
import { certifiedHeader, headHeight } from './certified.ts'
import { defineMethod, type Method } from './method.ts'
import type { LedgerReads } from './port.ts'

function headerOf(ledger: LedgerReads, height: Height) {
  const { id, header, proof } = certifiedHeader(ledger, height)
  return { height, id, header, proof }
}

const head = defineMethod({
  name: 'chain_head',
  summary: 'The newest decided header with its certificate',
  parameters: {},
  result: headerAnswer,
  example: {},
  run: (_, { port }) => headerOf(port.ledger, headHeight(port.ledger)),
})

const header = defineMethod({
  name: 'chain_header',
  summary: 'The header of a height with its certificate',
  parameters: { height: uint() },
  result: headerAnswer,
  example: { height: 0 },
  run: ({ height }, { port }) => headerOf(port.ledger, height),
})

const block = defineMethod({
  name: 'chain_block',
  summary: 'The block of a height: header, certificate, receipts, events, on request the envelopes',
  parameters: { height: uint(), envelopes: optional(bool) },
  result: blockAnswer,
  example: { height: 0 },
  run: ({ height, envelopes }, { port: { ledger } }) => ({
    ...headerOf(ledger, height),
    receipts: ledger.receipts(height) ?? [],
    events: ledger.blockEvents(height) ?? [],
    envelopes: envelopes ? (ledger.block(height)?.transactions ?? []) : null,
  }),
})

const certificate = defineMethod({
  name: 'chain_certificate',
  summary: 'The quorum of commit signatures of a height, as bytes and decoded',
  parameters: { height: uint() },
  result: certificateAnswer,
  example: { height: 0 },
  run: ({ height }, { port }) => {
    const { id, proof } = certifiedHeader(port.ledger, height)
    const { certificate: bytes } = proof
    const content = bytes.length === 0 ? null : decodeCommitCertificate(bytes)
    return { height, id, certificate: bytes, content }
  },
})

const votes = defineMethod({
  name: 'chain_votes',
  summary:
    'What validators signed, as this node saw it: up to 32 heights; the last evidenceHeights are kept',
  parameters: { from: uint() },
  result: votesAnswer,
  example: { from: 1 },
  run: ({ from }, { port: { ledger } }) => {
    const height = headHeight(ledger)
    const heights = Array.from({ length: VOTE_HEIGHTS_MAX }, (_, place) => from + place)
      .filter((at) => at <= height)
      .map((at) => ({ height: at, votes: ledger.votes(at) ?? [] }))
    return { height, heights }
  },
})

const setChain = defineMethod({
  name: 'chain_setChain',
  summary: 'Every change of the validator set from a height on; block 0 names the first set',
  parameters: { from: uint() },
  result: setChainAnswer,
  example: { from: 0 },
  run: async ({ from }, { port: { ledger } }) => {
    const links = await ledger.setChain(from)
    return {
      height: headHeight(ledger),
      links: links.slice(0, SET_LINKS_MAX).map((link) => ({
        proof: { header: link.headerBytes, certificate: link.certificateBytes },
        parent: link.parentBytes,
        validators: link.validators,
      })),
    }
  },
})

const validators = defineMethod({
  name: 'chain_validators',
  summary: 'The validators that certify the next block',
  parameters: {},
  result: validatorsAnswer,
  example: {},
  run: (_, { port: { ledger } }) => ({
    height: headHeight(ledger),
    validators: ledger.rules.list.identity.validators(ledger.state()),
  }),
})

const parameters = defineMethod({
  name: 'chain_parameters',
  summary: 'What the chain runs by: its id, its genesis parameters, its applications',
  parameters: {},
  result: chainAnswer,
  example: {},
  run: (_, { port: { ledger } }) => ({
    height: headHeight(ledger),
    chainId: ledger.rules.chainId,
    engine: ledger.rules.engine,
    parameters: ledger.rules.parameters,
    applications: ledger.rules.list.apps.map(({ name, tag }) => ({ name, tag })),
  }),
})

export const chainMethods: readonly Method[] = [
  head,
  header,
  block,
  certificate,
  votes,
  setChain,
  validators,
  parameters,
]
