// Committees: keys that no single party knows, made and handed over on the ledger, one for each purpose.
import { defineApp } from '../../vm/app.ts'
import { ack } from './ack.ts'
import { complain } from './complain.ts'
import { deal } from './deal.ts'
import { offer } from './offer.ts'
import { queries } from './queries.ts'
import { reshare } from './reshare.ts'
import { start } from './start.ts'
import { COMMITTEE } from './tags.ts'

export const committee = defineApp({
  name: 'committee',
  tag: COMMITTEE,
  txs: [start, offer, deal, complain, ack, reshare],
  queries,
})
