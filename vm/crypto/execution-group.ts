// The group in which execution adds points: the reference, unless the roof plugs in the same group in faster code.
import type { Group, Point } from './group.ts'
import { ristretto255 } from './ristretto255.ts'

let group: Group<Point> = ristretto255

/** Replaces the reference; the roof calls it once per thread, before any point is made. Points of two groups never mix. */
export function useGroup(faster: Group<Point>): void {
  group = faster
}

/** Ask for it where it is used, never at import time. */
export function executionGroup(): Group<Point> {
  return group
}
