// client/verify in a browser: its bundle runs in headless Chromium, or where there is none with web globals only.
import { existsSync } from 'node:fs'
import { createContext, runInContext } from 'node:vm'
import { build } from 'esbuild'
import { chromium } from 'playwright-core'
import { test } from 'tap'
import { headerAnswer } from '../../client/answers.ts'
import { createTestChain } from '../node/rpc/chain.ts'

const browserPath = '/usr/bin/chromium'

const entry = `
  import { startView, verifyHeader } from './client/trusted-view.ts'
  import { headerAnswer } from './client/answers.ts'
  import { setLinkCodec } from './client/answers.ts'
  import * as client from './client/index.ts'

  globalThis.verify = (text) => {
    const { genesis, answer, nowMs } = JSON.parse(text)
    const validators = setLinkCodec.fromJson({ proof: { header: '0x00', certificate: '0x' }, parent: '0x', validators: genesis.validators }).validators
    const view = startView({ ...genesis, validators })
    const verdict = verifyHeader(view, headerAnswer.fromJson(answer).proof, { nowMs })
    const names = typeof client.createClient + typeof client.verifyAnswer
    return JSON.stringify({ ok: verdict.ok, fault: verdict.fault, height: verdict.view?.height, names })
  }
`

/** One script with everything in it; a node: import would make this fail. */
async function bundle(): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: entry, resolveDir: process.cwd(), loader: 'ts' },
    bundle: true,
    format: 'iife',
    platform: 'browser',
    write: false,
    logLevel: 'silent',
  })
  return outputFiles[0]?.text ?? ''
}

type Run = (argument: string) => Promise<string>

async function openChromium(script: string): Promise<{ run: Run; close: () => Promise<void> }> {
  const browser = await chromium.launch({ executablePath: browserPath, args: ['--no-sandbox'] })
  const page = await browser.newPage()
  await page.addScriptTag({ content: script })
  const run: Run = (argument) =>
    page.evaluate(
      (text) => (globalThis as unknown as { verify: (text: string) => string }).verify(text),
      argument,
    )
  return { run, close: () => browser.close() }
}

/** A global object that has what every browser has, and nothing of Node. */
function openBareContext(script: string): { run: Run; close: () => Promise<void> } {
  const context = createContext({ crypto, TextEncoder, TextDecoder, URL, setTimeout, clearTimeout })
  runInContext(script, context)
  return {
    run: async (argument) => runInContext(`verify(${JSON.stringify(argument)})`, context),
    close: async () => {},
  }
}

test('a certified header is verified in a browser, a changed one is refused', async (t) => {
  const chain = await createTestChain()
  await chain.commit()
  const script = await bundle()
  const isBrowser = existsSync(browserPath)
  // On stderr, which the test runner does not fold away.
  const where = isBrowser ? 'headless Chromium' : 'node:vm with web globals, there is no Chromium'
  process.stderr.write(`client/verify runs in ${where}\n`)
  const { run, close } = isBrowser ? await openChromium(script) : openBareContext(script)
  t.teardown(close)
  const { header, headerBytes, certificateBytes, id } = chain.ledger.head()
  const proof = { header: headerBytes, certificate: certificateBytes }
  const answer = headerAnswer.toJson({ height: 1, id, header, proof }) as {
    proof: { header: string }
  }
  const genesis = {
    chainId: chain.genesis.chainId,
    engine: chain.genesis.engine,
    heartbeatMs: chain.genesis.parameters.heartbeatMs,
    validators: chain.genesis.validators,
  }
  const nowMs = chain.clock.nowMs
  t.same(JSON.parse(await run(JSON.stringify({ genesis, answer, nowMs }))), {
    ok: true,
    height: 1,
    names: 'functionfunction',
  })
  const digit = answer.proof.header.endsWith('0') ? '1' : '0'
  const changed = {
    ...answer,
    proof: { ...answer.proof, header: answer.proof.header.replace(/.$/, digit) },
  }
  t.match(JSON.parse(await run(JSON.stringify({ genesis, answer: changed, nowMs }))), {
    ok: false,
    fault: 'NOT_CERTIFIED',
  })
})
