// The applications of this chain, and the only place that registers one.
import type { AppList } from '../vm/app.ts'
import { bank } from './bank/index.ts'
import { committee } from './committee/index.ts'
import { identity } from './registry/identity.ts'
import { registry } from './registry/index.ts'
import { vault } from './vault/index.ts'

export const appList: AppList = { apps: [registry, bank, vault, committee], identity }
