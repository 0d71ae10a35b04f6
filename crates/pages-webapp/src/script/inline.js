// What stands in a line of Markdown, as nodes: emphasis, code, links, pictures, formulas. Nothing is read as HTML.
const SCHEME = /^(https?:\/\/|mailto:)/i
const PUNCTUATION = /[\p{P}\p{S}]/u
const ENTITIES = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00a0', copy: '©', hellip: '…', mdash: '—', ndash: '–', rarr: '→', larr: '←', times: '×', deg: '°' }

// An element of this name, with these attributes and what is in it.
export function element(name, attributes, ...children) {
  const made = document.createElement(name)
  for (const [key, value] of Object.entries(attributes ?? {})) if (value != null && value !== false) made.setAttribute(key, value === true ? '' : value)
  made.append(...children)
  return made
}

// Words and rules of the page that has the text.
export let words = { thought: 'Thoughts', picture: 'Picture' }
let mayLoad = () => false

// Says what the page calls things, and which pictures it loads.
export function configure(said, pictures) {
  words = said
  mayLoad = pictures
}

function link(url, children) {
  const target = url.startsWith('/files/') ? url : SCHEME.test(url) ? url : null
  if (!target) return children
  return [element('a', { href: target, rel: 'noopener noreferrer nofollow', target: '_blank' }, ...children)]
}

function picture(url, alt) {
  if (mayLoad(url)) return [element('img', { src: url, alt, loading: 'lazy' })]
  return link(url, [alt || words.picture])
}

// Formulas have a module of their own, which is loaded with the first one; until then they are code.
let math
let coming

export function formula(text, isDisplay) {
  if (math) return math.formula(text, isDisplay)
  const code = element('code', { class: 'tex' }, text.trim())
  coming ??= import('./math.js').then((loaded) => { math = loaded })
  coming.then(() => code.replaceWith(math.formula(text, isDisplay)), () => {})
  return code
}

// The nodes of a text without blocks.
export function inline(text) {
  const parts = []
  let plain = ''
  const flush = () => { if (plain) parts.push({ text: plain }); plain = '' }
  const put = (...nodes) => { flush(); for (const node of nodes) parts.push({ node }) }
  let at = 0
  while (at < text.length) {
    const special = scan(text, at)
    if (!special) { plain += text[at++]; continue }
    if (special.plain !== undefined) plain += special.plain
    else if (special.run) { flush(); parts.push(special.run) }
    else put(...special.nodes)
    at = special.end
  }
  flush()
  return emphasised(parts)
}

function scan(text, at) {
  const rest = text.slice(at)
  let found
  switch (text[at]) {
    case '\\':
      if ((found = rest.match(/^\\\(([\s\S]+?)\\\)/))) return { nodes: [formula(found[1])], end: at + found[0].length }
      if (rest[1] === '\n') return { nodes: [element('br')], end: at + 2 }
      return /^\\[!-/:-@[-`{-~]/.test(rest) ? { plain: rest[1], end: at + 2 } : undefined
    case '`': return codeSpan(rest, at)
    case '$':
      found = rest.match(/^\$\$([^$]+)\$\$/) ?? rest.match(/^\$(?![\s$])((?:\\.|[^$\\\n])*?)(?<!\s)\$(?!\d)/)
      return found?.[1] ? { nodes: [formula(found[1])], end: at + found[0].length } : undefined
    case '!': return rest[1] === '[' ? bracket(text, at + 1, picture, true) : undefined
    case '[': return bracket(text, at, (url, label) => link(url, inline(label)))
    case '<': return tag(rest, at)
    case '&': return entity(rest, at)
    case '\n': return { nodes: [document.createTextNode('\n')], end: at + 1 }
    case ' ':
      found = rest.match(/^( {2,})\n/)
      return found ? { nodes: [element('br')], end: at + found[0].length } : undefined
    case '*': case '_': case '~': return run(text, at)
    case 'h': case 'H': return address(text, at, rest)
    default: return undefined
  }
}

function codeSpan(rest, at) {
  const ticks = rest.match(/^`+/)[0]
  const close = rest.slice(ticks.length).match(new RegExp(`(?<!\`)${ticks}(?!\`)`))
  if (!close) return { plain: ticks, end: at + ticks.length }
  let code = rest.slice(ticks.length, ticks.length + close.index).replaceAll('\n', ' ')
  if (/^ .*[^ ].* $/.test(code)) code = code.slice(1, -1)
  return { nodes: [element('code', {}, code)], end: at + ticks.length * 2 + close.index }
}

function bracket(text, at, make, isPicture) {
  let depth = 0
  let end = at
  for (; end < text.length; end += 1) {
    if (text[end] === '\\') { end += 1; continue }
    if (text[end] === '[') depth += 1
    if (text[end] === ']' && --depth === 0) break
  }
  if (depth !== 0) return
  const target = text.slice(end + 1).match(/^\(\s*(?:<([^<>\n]*)>|((?:[^\s()]|\([^\s()]*\))*))(?:\s+(?:"[^"]*"|'[^']*'|\([^)]*\)))?\s*\)/)
  if (!target) return
  const label = text.slice(at + 1, end)
  return { nodes: make(target[1] ?? target[2], isPicture ? label.replace(/[*_`]/g, '') : label), end: end + 1 + target[0].length }
}

// Tags are taken out, their text stays; a line break is one.
function tag(rest, at) {
  const auto = rest.match(/^<((?:https?:\/\/|mailto:)[^\s<>]*)>/i)
  if (auto) return { nodes: link(auto[1], [auto[1]]), end: at + auto[0].length }
  const found = rest.match(/^<(?:!--[\s\S]*?--|\/?([A-Za-z][A-Za-z0-9-]*)(?:\s+[^<>]*)?\/?)>/)
  if (!found) return
  return { nodes: found[1]?.toLowerCase() === 'br' ? [element('br')] : [], end: at + found[0].length }
}

function entity(rest, at) {
  const found = rest.match(/^&(?:#(\d{1,7})|#[xX]([\da-fA-F]{1,6})|([A-Za-z]+));/)
  if (!found) return
  const code = found[1] ? Number(found[1]) : found[2] ? Number.parseInt(found[2], 16) : undefined
  const character = code === undefined ? ENTITIES[found[3]] : code > 0 && code < 0x110000 ? String.fromCodePoint(code) : '\ufffd'
  return character && { plain: character, end: at + found[0].length }
}

function address(text, at, rest) {
  if (/[\p{L}\p{N}]/u.test(text[at - 1] ?? ' ')) return
  const found = rest.match(/^https?:\/\/[^\s<>"'，。；：！？（）【】《》「」、]+/i)
  if (!found) return
  let url = found[0].replace(/[.,:;!?*_~]+$/, '')
  while (url.endsWith(')') && url.split(')').length > url.split('(').length) url = url.slice(0, -1)
  return { nodes: link(url, [url]), end: at + url.length }
}

// A run of asterisks, underscores or tildes: whether it opens or closes goes by what stands around it (CommonMark 6.2).
function run(text, at) {
  const mark = text[at]
  let end = at
  while (text[end] === mark) end += 1
  const before = text[at - 1] ?? ' '
  const behind = text[end] ?? ' '
  const is = (one, pattern) => pattern.test(one)
  const left = !is(behind, /\s/) && (!is(behind, PUNCTUATION) || is(before, /\s/) || is(before, PUNCTUATION))
  const right = !is(before, /\s/) && (!is(before, PUNCTUATION) || is(behind, /\s/) || is(behind, PUNCTUATION))
  const word = mark === '_'
  return {
    run: { mark, count: end - at, opens: left && (!word || !right || is(before, PUNCTUATION)), closes: right && (!word || !left || is(behind, PUNCTUATION)) },
    end,
  }
}

function emphasised(parts) {
  for (let close = 0; close < parts.length; close += 1) {
    const closer = parts[close]
    if (!closer.closes || closer.count === 0) continue
    for (let open = close - 1; open >= 0; open -= 1) {
      const opener = parts[open]
      if (!opener.opens || opener.mark !== closer.mark || opener.count === 0) continue
      const many = closer.mark === '~' ? 2 : Math.min(2, opener.count, closer.count)
      if (opener.count < many || closer.count < many) continue
      const inside = parts.splice(open + 1, close - open - 1)
      const name = closer.mark === '~' ? 'del' : many === 2 ? 'strong' : 'em'
      parts.splice(open + 1, 0, { node: element(name, {}, ...nodes(inside)) })
      opener.count -= many
      closer.count -= many
      close = open + 1
      break
    }
  }
  return nodes(parts)
}

function nodes(parts) {
  const all = []
  for (const part of parts) {
    const text = part.text ?? (part.mark ? part.mark.repeat(part.count) : undefined)
    if (text === undefined) all.push(part.node)
    else if (typeof all.at(-1) === 'string') all[all.length - 1] += text
    else if (text) all.push(text)
  }
  return all
}
