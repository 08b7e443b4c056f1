// Free TCP ports of this machine.
import { createServer } from 'node:net'

/** The port if it is free, or any free one for 0; undefined if it is taken. */
function tryPort(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(undefined))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address()
      const found = typeof address === 'object' && address !== null ? address.port : undefined
      server.close(() => resolve(found))
    })
  })
}

/** As many different free ports, the preferred ones where they are free. Another program may take one before it is used. */
export async function freePorts(preferred: readonly number[]): Promise<readonly number[]> {
  const ports: number[] = []
  for (const wish of preferred) {
    let port = wish === 0 || ports.includes(wish) ? undefined : await tryPort(wish)
    while (port === undefined || ports.includes(port)) port = await tryPort(0)
    ports.push(port)
  }
  return ports
}
