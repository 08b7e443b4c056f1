// The store in memory is a store.
import t from 'tap'
import { createMemoryStore } from '../../../node/store/memory.ts'
import { checkStore } from './suite.ts'

await checkStore(t, async () => createMemoryStore())
