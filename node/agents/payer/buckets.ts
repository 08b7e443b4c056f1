// What a payer may ask for: the buckets of the consents that were given to it, each proven.
import type { Bucket } from '../../../apps/vault/fields.ts'
import { bucketCodec, digestField } from '../../../apps/vault/fields.ts'
import { consentTable } from '../../../apps/vault/state.ts'
import type { EventPage } from '../../../client/verified-client.ts'
import { decode } from '../../../vm/codec.ts'
import { struct } from '../../../vm/codec-compound.ts'
import { uint } from '../../../vm/codec-scalar.ts'
import type { AccountId, Digest } from '../../../vm/types.ts'
import { mapLimited } from '../limit.ts'
import type { Nodes } from '../nodes.ts'

export type Permitted = { readonly consent: Digest; readonly bucket: Bucket }

const PAGE = 100
const AT_ONCE = 4

async function consentsFor(nodes: Nodes, account: AccountId): Promise<readonly Digest[]> {
  const found: Digest[] = []
  const pageAfter = (cursor: string | null): Promise<EventPage> =>
    nodes.ask(({ verified }) => verified.events({ recipient: account, cursor, limit: PAGE }))
  let cursor: string | null = null
  for (;;) {
    const page = await pageAfter(cursor)
    for (const { event } of page.events)
      if (event.kind === 'vault.consent-granted') found.push(event.reference)
    cursor = page.nextCursor
    if (!page.more) return found
  }
}

/** In the order in which the consents were given. */
export async function permittedBuckets(
  nodes: Nodes,
  asker: { readonly account: AccountId; readonly committee: Digest },
): Promise<readonly Permitted[]> {
  // A node that lags would hide the newest consents.
  await nodes.lookAround()
  const consents = await consentsFor(nodes, asker.account)
  const scopes = await mapLimited(consents, AT_ONCE, async (consent) => {
    const at = consentTable.key(consent)
    const { value } = await nodes.ask(({ verified }) => verified.stateValue(at))
    const state = value === undefined ? undefined : decode(consentTable.value, value)
    if (state?.insurer !== asker.account || state.committee !== asker.committee) return []
    if (state.scope.kind !== 'buckets') return []
    return state.scope.buckets.map((bucket) => ({ consent, bucket }))
  })
  return scopes.flat()
}

const placeCodec = struct({ committee: digestField, bucket: bucketCodec })
const openCodec = struct({ segment: uint(), count: uint() })

/** The open segment as one node tells it: a wrong number costs a refusal, nothing else. */
export async function openSegment(
  nodes: Nodes,
  place: { readonly committee: Digest; readonly bucket: Bucket },
): Promise<{ readonly segment: number; readonly count: number }> {
  const parameters = placeCodec.toJson(place) as Readonly<Record<string, never>>
  const minHeight = nodes.view().height
  const { result } = await nodes.ask(({ client }) =>
    client.query('vault.bucket', parameters, { minHeight }),
  )
  return openCodec.fromJson((result as { readonly open?: unknown }).open)
}
