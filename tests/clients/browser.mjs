// A browser by remote control: one JSON command a line, one JSON answer a line. Each command acts on
// one page and is answered with where it is then.
//   {"goto": URL} {"fill": SELECTOR, "with": TEXT} {"click": SELECTOR} {"see": TEXT} {"read": SELECTOR}
//   {"evaluate": SCRIPT} {"cookies": URL} {"screenshot": PATH} {"problems": true}
//   {"keys": [KEY, …]} {"axe": true} (what axe-core finds serious, light and dark, and what a phone cannot show)
//   {"plant": COOKIE} (what somebody else sets: name, value, and url or domain and path)
//   {"weigh": true} (files and bytes that it loaded) {"size": [WIDTH, HEIGHT]} {"dark": BOOLEAN} {"block": PATTERN} (addresses that do not load)
//   {"whole": false} (of the picture: what is in the window)
//   {"choose": SELECTOR, "file": PATH} {"in": SELECTOR} (what is filled in, clicked and seen stands in that frame)
//   {"goto": URL, "settled": true} (once nothing is loaded any more: pages that are drawn by script) {"wait_for": BEGINNING OF A PATH}
//   {"watch": ORIGIN} (from now on writes down what this origin refuses) {"refused": true}
import { createInterface } from 'node:readline'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { chromium } from 'playwright-core'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

// Of longer pages the beginning is enough, and a tenth of the bytes.
const LONGEST_PICTURE = 1800

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'],
})
const page = await (await browser.newContext({ locale: process.argv[2] || 'en-US' })).newPage()
page.setDefaultTimeout(15_000)
const problems = []
page.on('pageerror', (error) => problems.push(String(error)))
page.on('console', (message) => {
  if (/Content Security Policy/.test(message.text())) problems.push(message.text())
})

const refused = []
function watch(origin) {
  page.on('response', (answer) => {
    const url = answer.url()
    if (url.startsWith(origin) && answer.status() >= 400) {
      refused.push(`${answer.status()} ${answer.request().method()} ${url.slice(origin.length)}`)
    }
  })
}

async function act(command) {
  if (command.size) await page.setViewportSize({ width: command.size[0], height: command.size[1] })
  if (command.dark !== undefined) await page.emulateMedia({ colorScheme: command.dark ? 'dark' : 'light' })
  if (command.block) await page.route(command.block, (route) => route.abort())
  if (command.watch) watch(command.watch)
  if (command.goto) await page.goto(command.goto, { waitUntil: command.settled ? 'networkidle' : 'load' })
  const where = command.in ? page.frameLocator(command.in) : page
  if (command.plant) await page.context().addCookies([command.plant])
  if (command.fill) await where.locator(command.fill).first().fill(command.with)
  if (command.choose) await where.locator(command.choose).first().setInputFiles(command.file)
  if (command.click) await where.locator(command.click).first().click()
  if (command.wait_for) await page.waitForURL((url) => url.pathname.startsWith(command.wait_for))
  if (command.see) await where.getByText(command.see, { exact: false }).and(where.locator(':visible')).first().waitFor()
  for (const key of command.keys ?? []) await page.keyboard.press(key)
  const value = command.evaluate ? await page.evaluate(command.evaluate) : undefined
  let serious
  if (command.axe) {
    await page.evaluate(AXE)
    serious = []
    for (const colorScheme of ['dark', 'light']) {
      await page.emulateMedia({ colorScheme })
      const { violations } = await page.evaluate('axe.run()')
      serious.push(...violations.filter(({ impact }) => ['serious', 'critical'].includes(impact))
        .map(({ id, nodes }) => ({ id, colorScheme, nodes: nodes.map(({ html }) => html) })))
    }
    // On the narrowest phone nothing is wider than the screen (WCAG 1.4.10).
    const usual = page.viewportSize()
    await page.setViewportSize({ width: 320, height: 640 })
    const width = await page.evaluate('document.documentElement.scrollWidth')
    if (width > 320) serious.push({ id: 'reflow', width })
    await page.setViewportSize(usual)
  }
  const weight = command.weigh && await page.evaluate(() => {
    // What is asked of the API is no part of the page.
    const files = performance.getEntriesByType('resource').filter(({ name }) => !new URL(name).pathname.startsWith('/api/'))
    const all = [...files, ...performance.getEntriesByType('navigation')]
    return { files: files.length, bytes: all.reduce((sum, one) => sum + one.transferSize, 0) }
  })
  if (command.screenshot) {
    const height = await page.evaluate('document.documentElement.scrollHeight')
    await page.screenshot({ path: command.screenshot, fullPage: command.whole !== false && height < LONGEST_PICTURE })
  }
  return {
    url: page.url(),
    value,
    serious,
    weight,
    text: command.read ? await page.textContent(command.read) : undefined,
    cookies: command.cookies ? await page.context().cookies(command.cookies) : undefined,
    problems: command.problems ? problems : undefined,
    refused: command.refused ? refused : undefined,
  }
}

console.log(JSON.stringify({ ready: true }))
for await (const line of createInterface({ input: process.stdin })) {
  try {
    console.log(JSON.stringify(await act(JSON.parse(line))))
  } catch (error) {
    const seen = await page.textContent('body').catch(() => '')
    console.log(JSON.stringify({ error: String(error), url: page.url(), seen }))
  }
}
await browser.close()
