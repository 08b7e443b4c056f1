// The written numbers of the committee's transaction types; frozen by test/vectors/committee.json.

/** First byte of all tags, and leaf of the state root. */
export const COMMITTEE = 5

export const TAGS = {
  'dkg.start': 0x0501,
  'dkg.offer': 0x0502,
  'dkg.deal': 0x0503,
  'dkg.complain': 0x0504,
  'dkg.ack': 0x0505,
  'dkg.reshare': 0x0506,
} as const
