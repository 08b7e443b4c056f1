// Which Host and Origin headers are answered: the defence against DNS rebinding and foreign web pages.

const loopback = ['localhost', '127.0.0.1', '::1']

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)
}

/** The name of `name:port` or `[address]:port`, lower case; undefined if it is neither. */
function hostName(header: string): string | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9.-]+))(?::\d{1,5})?$/i.exec(header)
  return (match?.[1] ?? match?.[2])?.toLowerCase()
}

export type HostCheck = {
  readonly isAllowedHost: (header: string | undefined) => boolean
  /** A request without an Origin comes from no web page. */
  readonly isAllowedOrigin: (header: string | undefined) => boolean
}

export function createHostCheck(host: string, allowed: readonly string[]): HostCheck {
  const wildcard = host === '0.0.0.0' || host === '::'
  const names = new Set(
    [...loopback, ...allowed, ...(wildcard ? [] : [host])].map((name) => name.toLowerCase()),
  )
  const isAllowedHost = (header: string | undefined): boolean => {
    const name = header === undefined ? undefined : hostName(header)
    return name !== undefined && names.has(name)
  }
  return {
    isAllowedHost,
    isAllowedOrigin: (header) => {
      if (header === undefined) return true
      const match = /^https?:\/\/([^/]+)$/i.exec(header)
      return isAllowedHost(match?.[1])
    },
  }
}
