// Reads the figures that a node exposes at /metrics.

/** Once more if it fails: the node closes a connection that was idle, and a busy machine hears of that too late. */
export async function metricsOf(rpcUrl: string): Promise<string> {
  const ask = () => fetch(new URL('/metrics', rpcUrl))
  return (await ask().catch(ask)).text()
}

/** The sum of all lines of a metric, whatever their labels. */
export function sumOf(text: string, name: string): number {
  return valuesOf(text, name).reduce((sum, value) => sum + value, 0)
}

function valuesOf(text: string, name: string): readonly number[] {
  return text.split('\n').flatMap((line) => {
    const found = /^(\w+)(?:\{.*\})? (\S+)$/.exec(line)
    if (found?.[1] !== name) return []
    return [Number(found[2])]
  })
}
