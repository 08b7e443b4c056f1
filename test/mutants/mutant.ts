// What a broken rule is: a change of the source that applies exactly once, and what must notice it.

export type Edit = {
  readonly file: string
  /** Stands in the file exactly once. */
  readonly find: string
  readonly put: string
}

export type Finder =
  /** A scene of the simulator, with so many seeds at most; the control runs all of them. */
  | { readonly kind: 'scene'; readonly scene: string; readonly seeds: number }
  /** A test that fails, by its title in its file. */
  | { readonly kind: 'test'; readonly file: string; readonly title: string }

export type Mutant = {
  readonly name: string
  readonly edits: readonly Edit[]
  readonly finder: Finder
}

export function inScene(scene: string, seeds: number): Finder {
  return { kind: 'scene', scene, seeds }
}

export function inTest(file: string, title: string): Finder {
  return { kind: 'test', file, title }
}
