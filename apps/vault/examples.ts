// What help texts show as payloads.
import { sample } from '../../vm/example.ts'
import { SEEDED_BOX_SIZE } from './receipts.ts'

const recordPart = {
  nonce: sample('05', 16),
  ephemeral: sample('06'),
  ciphertext: sample('07'),
  commitment: sample('08'),
  tag: sample('09'),
  policy: sample('0a'),
  period: 0,
  nullifier: sample('0b'),
  box: sample('0c', SEEDED_BOX_SIZE),
  document: null,
  oneTime: false,
}

export const exampleRecord = {
  account: sample('01'),
  committee: sample('02'),
  epoch: 1,
  ...recordPart,
  proof: sample('0d', 96),
  rangeProof: sample('0e', 608),
}

export const exampleRecordBatch = {
  account: sample('01'),
  committee: sample('02'),
  epoch: 1,
  records: [{ ...recordPart, proof: sample('0d', 96) }],
  rangeProof: sample('0e', 608),
}

export const exampleBucket = { tag: sample('09'), policy: sample('0a'), period: 0 }
