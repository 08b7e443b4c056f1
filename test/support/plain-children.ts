// Loaded before each test file, so that the processes a test starts run as a user's would.
//
// tap wraps `spawn` to hand its instrumentation to every child: that slows validators down, adds a
// signal handler of its own, and keeps an extensionless ES module such as `tsc` from starting.
const WRAPPER = Symbol.for('process-on-spawn@*:singletonId')
const { [WRAPPER]: wrapper } = globalThis as { [WRAPPER]?: { unwrap: () => void } }
wrapper?.unwrap()
delete process.env['NODE_OPTIONS']
for (const name of Object.keys(process.env)) {
  if (name.startsWith('_TAPJS_')) delete process.env[name]
}
