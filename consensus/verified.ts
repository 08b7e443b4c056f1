// The mark of a message whose signatures and attachments have been checked.
import type { Message } from './message.ts'

declare const verified: unique symbol

/** Made by verify.ts and by the restoring of own messages, and by nothing else. */
export type Verified<M extends Message = Message> = M & { readonly [verified]: true }
