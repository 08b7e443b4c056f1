// The written numbers of the vault's transaction types; frozen by test/vectors/vault.json.

/** First byte of all tags, and leaf of the state root. */
export const VAULT = 4

export const TAGS = {
  'server.register': 0x0401,
  'server.offer': 0x0402,
  'vault.init': 0x0403,
  'vault.complain': 0x0404,
  'vault.ack': 0x0405,
  'vault.record': 0x0406,
  'vault.recordBatch': 0x0407,
  'vault.void': 0x0408,
  'consent.writer': 0x0409,
  'consent.grant': 0x040a,
  'consent.revoke': 0x040b,
  'query.open': 0x040c,
  'query.respond': 0x040d,
  'query.settle': 0x040e,
  'query.timeout': 0x040f,
  'vault.initKeyset': 0x0410,
  'vault.writers': 0x0411,
  'server.leave': 0x0412,
  'vault.reshare': 0x0413,
  'vault.reverse': 0x0414,
  'receipt.dispute': 0x0415,
  'policy.agree': 0x0416,
  'policy.close': 0x0417,
  'rep.init': 0x0420,
  'rep.complainKey': 0x0421,
  'rep.ack': 0x0422,
  'rep.record': 0x0423,
  'rep.complainRecord': 0x0424,
  'rep.respond': 0x0425,
  'rep.respondScalar': 0x0426,
  'rep.complainResponse': 0x0427,
  'rep.recordBatch': 0x0428,
} as const
