// state_*: single values of the state with the proof that they are there, or that nothing is.
import { stateAnswer } from '../../client/answers.ts'
import { text, uint } from '../../vm/codec-scalar.ts'
import { STATE_KEY_LENGTH_MAX } from '../../vm/limits.ts'
import { certifiedHeader, notFound } from './certified.ts'
import { defineMethod, type Method } from './method.ts'

const stateValue = defineMethod({
  name: 'state_value',
  summary: 'The value of a state key after the newest block, or null, with its proof',
  parameters: {
    /** The application's tag. */
    app: uint(255, 1),
    key: text(STATE_KEY_LENGTH_MAX, 1, /^[\x21-\x7e]+$/),
  },
  result: stateAnswer,
  example: { app: 2, key: 'no/such/key' },
  run: (at, { port: { ledger } }) => {
    const { apps } = ledger.rules.list
    if (!apps.some(({ tag }) => tag === at.app)) {
      const tags = apps.map(({ name, tag }) => `${tag} ${name}`).join(', ')
      throw notFound(`no application has the tag ${at.app}`, `known are ${tags}`)
    }
    const { height, proof: stateProof } = ledger.proveState(at)
    const { proof } = certifiedHeader(ledger, height)
    return { height, value: stateProof.value, stateProof, proof }
  },
})

export const stateMethods: readonly Method[] = [stateValue]
