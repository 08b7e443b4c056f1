// What help texts show as payloads.
import { sample } from '../../vm/example.ts'

export const exampleSizes = {
  threshold: 2,
  minimum: 3,
  members: [sample('11'), sample('12'), sample('13')],
  windows: { offerMs: 60_000, dealMs: 60_000, complaintMs: 60_000, ackMs: 60_000 },
}

/** Where most payloads act. */
export const exampleSeat = { account: sample('11'), keyset: sample('02'), epoch: 1, index: 1 }

export const exampleDeal = {
  ...exampleSeat,
  recipients: [sample('11'), sample('12')],
  boxPoint: sample('03'),
  boxProof: sample('04', 64),
  polynomials: [
    {
      purpose: 'vault',
      commitments: [sample('05'), sample('06')],
      proof: sample('07', 64),
    },
  ],
  boxes: [sample('08', 48), sample('09', 48)],
}

export const exampleKey = {
  purpose: 'vault',
  commitments: [sample('05'), sample('06')],
  memberKeys: [sample('0a'), sample('0b')],
}
