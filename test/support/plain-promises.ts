// Loaded before each test file of a whole run, so that nobody is told of every promise that the file makes.
//
// tap asks for that to find the test that a stray error belongs to: a fourth of what the simulator takes, since each
// promise then costs an entry in a table and a finalizer. Without it a stray rejection fails its file under the file's own
// name, with its stack; a stray throw ends the process. `npm run check:tap` with the one file names the test as well.
import hooks from 'node:async_hooks'
import { syncBuiltinESMExports } from 'node:module'

const idle: hooks.AsyncHook = { enable: () => idle, disable: () => idle }
hooks.createHook = () => idle
syncBuiltinESMExports()
