// The engines by the name that a genesis gives them.
import type { EngineKind } from '../vm/quorum.ts'
import type { Engine } from './engine.ts'
import { pbft } from './pbft/engine.ts'
import { poa } from './poa/engine.ts'
import type { State } from './state.ts'

const engines = { pbft, poa } as const

export function engineOf(kind: EngineKind): Engine<State> {
  return engines[kind]
}
