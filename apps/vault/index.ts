// The vault: sums of invoices that no single party can read.
import { defineApp } from '../../vm/app.ts'
import { ack } from './ack.ts'
import { changeWriters } from './change-writers.ts'
import { complain } from './complain.ts'
import { consentGrant } from './consent-grant.ts'
import { consentRevoke } from './consent-revoke.ts'
import { consentWriter } from './consent-writer.ts'
import { vaultParametersCodec } from './genesis.ts'
import { init } from './init.ts'
import { initKeyset } from './init-keyset.ts'
import { policyAgree } from './policy-agree.ts'
import { policyClose } from './policy-close.ts'
import { queries } from './queries.ts'
import { queryOpen } from './query-open.ts'
import { queryRespond } from './query-respond.ts'
import { querySettle } from './query-settle.ts'
import { queryTimeout } from './query-timeout.ts'
import { receiptDispute } from './receipt-dispute.ts'
import { record } from './record.ts'
import { recordBatch } from './record-batch.ts'
import { repAck } from './replicated/ack.ts'
import { repComplainKey } from './replicated/complain-key.ts'
import { repComplainRecord } from './replicated/complain-record.ts'
import { repComplainResponse } from './replicated/complain-response.ts'
import { repInit } from './replicated/init.ts'
import { repRecord } from './replicated/record.ts'
import { repRecordBatch } from './replicated/record-batch.ts'
import { repRespond } from './replicated/respond.ts'
import { repRespondScalar } from './replicated/respond-scalar.ts'
import { reshare } from './reshare.ts'
import { reverse } from './reverse.ts'
import { serverLeave } from './server-leave.ts'
import { serverOffer } from './server-offer.ts'
import { serverRegister } from './server-register.ts'
import { parametersTable } from './state.ts'
import { VAULT } from './tags.ts'
import { voidRecord } from './void.ts'

export const vault = defineApp({
  name: 'vault',
  tag: VAULT,
  txs: [
    serverRegister,
    serverOffer,
    init,
    complain,
    ack,
    record,
    recordBatch,
    voidRecord,
    consentWriter,
    consentGrant,
    consentRevoke,
    queryOpen,
    queryRespond,
    querySettle,
    queryTimeout,
    initKeyset,
    changeWriters,
    serverLeave,
    reshare,
    reverse,
    receiptDispute,
    policyAgree,
    policyClose,
    repInit,
    repComplainKey,
    repAck,
    repRecord,
    repComplainRecord,
    repRespond,
    repRespondScalar,
    repComplainResponse,
    repRecordBatch,
  ],
  queries,
  genesis: {
    parameters: vaultParametersCodec,
    initialize: (state, parameters) => parametersTable.put(state, parameters),
  },
})
