// What help texts show as payloads.
import { sample } from '../../vm/example.ts'
import { PLAIN_BOX_SIZE, SEEDED_BOX_SIZE } from './receipts.ts'

const placePart = {
  nonce: sample('05', 16),
  ephemeral: sample('06'),
  tag: sample('09'),
  policy: sample('0a'),
  period: 0,
  nullifier: sample('0b'),
  document: null,
  oneTime: false,
}

const recordPart = {
  ...placePart,
  ciphertext: sample('07'),
  commitment: sample('08'),
  box: sample('0c', SEEDED_BOX_SIZE),
}

const sharedPart = {
  ...placePart,
  shares: [sample('10'), sample('11'), sample('12')],
  offset: sample('13'),
  box: sample('0c', PLAIN_BOX_SIZE),
  boxProof: sample('14', 64),
}

export const exampleDealtKey = {
  threshold: 2,
  minimum: 2,
  servers: [sample('03'), sample('04')],
  commitments: [sample('05'), sample('06')],
  boxPoint: sample('07'),
  boxProof: sample('08', 64),
  secretProof: sample('09', 64),
  boxes: [sample('0a', 48), sample('0b', 48)],
}

const head = { account: sample('01'), committee: sample('02'), epoch: 1 }

export const exampleRecord = {
  ...head,
  ...recordPart,
  proof: sample('0d', 96),
  rangeProof: sample('0e', 608),
}

export const exampleRecordBatch = {
  ...head,
  records: [{ ...recordPart, proof: sample('0d', 96) }],
  rangeProof: sample('0e', 608),
}

export const exampleSharedRecord = {
  ...head,
  ...sharedPart,
  rangeProof: sample('0e', 608),
}

export const exampleSharedBatch = {
  ...head,
  records: [sharedPart],
  rangeProof: sample('0e', 608),
}

export const exampleBucket = { tag: sample('09'), policy: sample('0a'), period: 0 }
