// node_*: how this node is.
import { type NodeAnswer, nodeAnswer } from '../../client/answers.ts'
import { defineMethod, type Method } from './method.ts'
import type { NodePort } from './port.ts'

function describeNode(port: NodePort): NodeAnswer {
  const { header, id } = port.ledger.head()
  const { version, validator, peers, quorum, syncing, failure, mempool } = port.status()
  const { height, stateRoot, timeMs, chainId } = header
  return {
    height,
    id,
    stateRoot,
    timeMs,
    chainId,
    version,
    validator,
    peers,
    quorum,
    syncing,
    failure,
    mempool,
  }
}

const nodeStatus = defineMethod({
  name: 'node_status',
  summary: 'Height, state root, peers, version, and whether the node is ready',
  parameters: {},
  result: nodeAnswer,
  example: {},
  run: (_, { port }) => describeNode(port),
})

export const nodeMethods: readonly Method[] = [nodeStatus]
