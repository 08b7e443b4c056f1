// The registry: organizations, accounts, roles, keys, and the validators' rotation.
import { defineApp } from '../../vm/app.ts'
import { REGISTRY } from './state.ts'

export const registry = defineApp({ name: 'registry', tag: REGISTRY, txs: [], queries: [] })
