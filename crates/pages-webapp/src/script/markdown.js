// Markdown as nodes of the page. Nothing is ever read as HTML: elements come from the list below, everything else is text, so that an
// answer can run nothing and load nothing. A text that grows is not drawn anew: what stands before its last two blocks stays, and
// these are brought up to date node by node.
import { configure, element, formula, inline, words } from './inline.js'

const FENCE = /^ {0,3}(`{3,}|~{3,})\s*([^`]*)$/
const ITEM = /^( {0,3})([-*+]|\d{1,9}[.)])(?: +|$)/
const RULE = /^ {0,3}([-*_])(?: *\1){2,} *$/
const HEADING = /^ {0,3}(#{1,6})(?: +(.*?))?(?: +#+)? *$/
const DIVIDER = /^ *\|? *:?-+:? *(\| *:?-+:? *)*\|? *$/

const indentOf = (line) => line.match(/^ */)[0].length
const isBlank = (line) => line.trim() === ''

// ---- Blocks ----

// The blocks of a text: how each is drawn, and on which line it begins.
function blocks(lines) {
  const found = []
  let at = 0
  while (at < lines.length) {
    if (isBlank(lines[at])) { at += 1; continue }
    const [end, draw] = block(lines, at)
    found.push({ from: at, draw })
    at = end
  }
  return found
}

function block(lines, at) {
  const line = lines[at]
  return fenced(lines, at) ?? display(lines, at) ?? thought(lines, at) ?? heading(line, at) ?? rule(line, at) ?? quote(lines, at)
    ?? list(lines, at) ?? indented(lines, at) ?? table(lines, at) ?? paragraph(lines, at)
}

function fenced(lines, at) {
  const open = lines[at].match(FENCE)
  if (!open) return
  const closing = new RegExp(`^ {0,3}${open[1][0] === '`' ? '`' : '~'}{${open[1].length},} *$`)
  let end = at + 1
  while (end < lines.length && !closing.test(lines[end])) end += 1
  const indent = indentOf(lines[at])
  const code = lines.slice(at + 1, end).map((one) => one.slice(Math.min(indent, indentOf(one)))).join('\n')
  const language = open[2].trim().split(/\s+/)[0]
  return [end + 1, () => codeBlock(code, language)]
}

function codeBlock(code, language) {
  return element('pre', { tabindex: 0, 'data-language': language || null }, element('code', {}, code))
}

function display(lines, at) {
  const open = lines[at].match(/^ {0,3}(\$\$|\\\[)/)
  if (!open) return
  const close = open[1] === '$$' ? '$$' : '\\]'
  let text = lines[at].trim().slice(2)
  let end = at + 1
  while (!text.includes(close) && end < lines.length && !isBlank(lines[end])) text += `\n${lines[end++]}`
  const [inside, behind] = text.split(close)
  if (behind?.trim()) return
  return [end, () => element('div', { class: 'scroll', tabindex: 0 }, formula(inside, true))]
}

// What a model thought before it answered.
function thought(lines, at) {
  if (!/^ {0,3}<think>/.test(lines[at])) return
  let end = at
  while (end < lines.length && !lines[end].includes('</think>')) end += 1
  const text = lines.slice(at, end + 1).join('\n').replace('<think>', '')
  const [inside, behind] = text.split('</think>')
  return [end + 1, () => {
    const box = element('details', { class: 'thought' }, element('summary', {}, words.thought), ...draw(inside))
    return behind?.trim() ? [box, ...draw(behind)] : box
  }]
}

function heading(line, at) {
  const found = line.match(HEADING)
  // The page and its parts have the first two levels.
  return found && [at + 1, () => element(`h${Math.min(found[1].length + 2, 6)}`, {}, ...inline(found[2] ?? ''))]
}

function rule(line, at) {
  return RULE.test(line) ? [at + 1, () => element('hr')] : undefined
}

function quote(lines, at) {
  if (!/^ {0,3}>/.test(lines[at])) return
  let end = at
  while (end < lines.length && !isBlank(lines[end]) && (/^ {0,3}>/.test(lines[end]) || !begins(lines, end))) end += 1
  const inside = lines.slice(at, end).map((line) => line.replace(/^ {0,3}> ?/, ''))
  return [end, (depth) => element('blockquote', {}, ...drawLines(inside, depth + 1))]
}

function list(lines, at) {
  const first = lines[at].match(ITEM)
  if (!first || RULE.test(lines[at])) return
  const kind = first[2].slice(-1)
  const items = []
  let end = at
  let loose = false
  while (end < lines.length) {
    const marker = lines[end].match(ITEM)
    if (!marker || marker[2].slice(-1) !== kind || RULE.test(lines[end])) break
    const text = lines[end].slice(marker[0].length)
    const width = isBlank(text) || marker[0].length - marker[1].length - marker[2].length > 4 ? marker[1].length + marker[2].length + 1 : marker[0].length
    const item = [lines[end].slice(width)]
    end += 1
    let blanks = 0
    while (end < lines.length) {
      if (isBlank(lines[end])) { blanks += 1; end += 1; item.push(''); continue }
      if (indentOf(lines[end]) >= width) { if (blanks) loose = true } else if (blanks || ITEM.test(lines[end]) || begins(lines, end)) break
      item.push(lines[end].slice(Math.min(width, indentOf(lines[end]))))
      blanks = 0
      end += 1
    }
    while (item.length > 1 && isBlank(item.at(-1))) item.pop()
    items.push(item)
    if (blanks && lines[end]?.match(ITEM)?.[2].slice(-1) === kind) loose = true
  }
  const start = Number.parseInt(first[2], 10)
  return [end, (depth) => {
    const drawn = items.map((item) => element('li', {}, ...tight(drawLines(item, depth + 1), loose)))
    return Number.isNaN(start) ? element('ul', {}, ...drawn) : element('ol', { start: start === 1 ? null : start }, ...drawn)
  }]
}

const tight = (nodes, loose) => loose ? nodes : nodes.flatMap((node) => node.nodeName === 'P' ? [...node.childNodes] : [node])

function indented(lines, at) {
  if (indentOf(lines[at]) < 4) return
  let end = at
  while (end < lines.length && (isBlank(lines[end]) || indentOf(lines[end]) >= 4)) end += 1
  const code = lines.slice(at, end).map((line) => line.slice(4)).join('\n').trimEnd()
  return [end, () => codeBlock(code)]
}

const cells = (line) => line.trim().replace(/^\|/, '').replace(/(?<!\\)\|$/, '').split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('\\|', '|'))

function isTable(lines, at) {
  return lines[at].includes('|') && at + 1 < lines.length && DIVIDER.test(lines[at + 1]) && lines[at + 1].includes('-')
    && cells(lines[at]).length === cells(lines[at + 1]).length
}

function table(lines, at) {
  if (!isTable(lines, at)) return
  let end = at + 2
  while (end < lines.length && !isBlank(lines[end]) && !begins(lines, end)) end += 1
  const sides = cells(lines[at + 1]).map((one) => one.endsWith(':') ? (one.startsWith(':') ? 'center' : 'right') : null)
  const row = (line, name) => {
    const texts = cells(line)
    return element('tr', {}, ...sides.map((side, index) => element(name, { class: side }, ...inline(texts[index] ?? ''))))
  }
  return [end, () => element('div', { class: 'scroll', tabindex: 0 }, element('table', {},
    element('thead', {}, row(lines[at], 'th')), element('tbody', {}, ...lines.slice(at + 2, end).map((line) => row(line, 'td')))))]
}

function paragraph(lines, at) {
  let end = at + 1
  while (end < lines.length && !isBlank(lines[end]) && !begins(lines, end)) {
    const under = lines[end].match(/^ {0,3}(=+|-+) *$/)
    if (under) {
      const text = lines.slice(at, end).join('\n')
      return [end + 1, () => element(under[1][0] === '=' ? 'h3' : 'h4', {}, ...inline(text.trim()))]
    }
    end += 1
  }
  const text = lines.slice(at, end).map((line) => line.trimStart()).join('\n').trimEnd()
  return [end, () => element('p', {}, ...inline(text))]
}

// Whether a line begins a block in the middle of a paragraph.
function begins(lines, at) {
  const line = lines[at]
  if (/^ {0,3}(=+|-+) *$/.test(line)) return false
  const item = line.match(ITEM)
  return FENCE.test(line) || HEADING.test(line) || RULE.test(line) || /^ {0,3}(>|\$\$|\\\[|<think>)/.test(line) || isTable(lines, at)
    || (item && !isBlank(line.slice(item[0].length)) && (Number.isNaN(Number.parseInt(item[2], 10)) || Number.parseInt(item[2], 10) === 1))
}

// ---- Whole texts ----

const MAX_DEPTH = 12

function drawLines(lines, depth) {
  if (depth > MAX_DEPTH) return [element('p', {}, lines.join('\n'))]
  return blocks(lines).flatMap((one) => one.draw(depth))
}

// A whole text, as nodes.
export function draw(text) {
  return drawLines(text.replaceAll('\r\n', '\n').replaceAll('\t', '    ').split('\n'), 0)
}

// A text that grows in its place.
export class Growing {
  constructor(root) {
    this.root = root
    this.text = ''
    // Where the last two blocks begin in the text, and in the nodes: all before is done.
    this.done = 0
    this.kept = 0
  }

  set(text) {
    if (!text.startsWith(this.text.slice(0, this.done))) {
      this.done = 0
      this.kept = 0
    }
    this.text = text
    this.update()
  }

  update() {
    const lines = this.text.slice(this.done).split('\n')
    const clean = lines.map((line) => line.replaceAll('\t', '    ').replace(/\r$/, ''))
    const found = blocks(clean)
    const fresh = found.map((one) => [one.draw(0)].flat())
    const old = [...this.root.childNodes].slice(this.kept)
    fresh.flat().forEach((node, index) => {
      if (old[index]) match(old[index], node)
      else this.root.append(node)
    })
    for (const node of old.slice(fresh.flat().length)) node.remove()
    // The last but one may go on yet: what begins like a paragraph can become an item of the list before it.
    if (found.length < 3) return
    this.kept += fresh.slice(0, -2).flat().length
    this.done += lines.slice(0, found.at(-2).from).reduce((sum, line) => sum + line.length + 1, 0)
  }
}

// Makes a node what another is, with as few changes as there are.
function match(old, fresh) {
  if (old.nodeName !== fresh.nodeName || old.namespaceURI !== fresh.namespaceURI) return old.replaceWith(fresh)
  if (old.nodeType === Node.TEXT_NODE) {
    if (fresh.data.startsWith(old.data)) { if (fresh.length > old.length) old.appendData(fresh.data.slice(old.length)) } else old.data = fresh.data
    return
  }
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value)
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name) && name !== 'open') old.removeAttribute(name)
  const before = [...old.childNodes]
  const after = [...fresh.childNodes]
  after.forEach((node, index) => { if (before[index]) match(before[index], node); else old.append(node) })
  for (const node of before.slice(after.length)) node.remove()
}

export { configure, element, inline }
