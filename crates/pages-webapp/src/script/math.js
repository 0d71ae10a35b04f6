// Formulas of TeX as MathML, which browsers draw and read out by themselves. Of TeX it is what models write; a formula with anything
// else in it stays what it was, as code: half a formula would be a wrong one.
const SPACE = 'http://www.w3.org/1998/Math/MathML'

const LETTERS = { alpha: 'α', beta: 'β', gamma: 'γ', delta: 'δ', epsilon: 'ϵ', varepsilon: 'ε', zeta: 'ζ', eta: 'η', theta: 'θ', vartheta: 'ϑ', iota: 'ι', kappa: 'κ', lambda: 'λ', mu: 'μ', nu: 'ν', xi: 'ξ', pi: 'π', rho: 'ρ', sigma: 'σ', varsigma: 'ς', tau: 'τ', upsilon: 'υ', phi: 'ϕ', varphi: 'φ', chi: 'χ', psi: 'ψ', omega: 'ω', Gamma: 'Γ', Delta: 'Δ', Theta: 'Θ', Lambda: 'Λ', Xi: 'Ξ', Pi: 'Π', Sigma: 'Σ', Phi: 'Φ', Psi: 'Ψ', Omega: 'Ω', infty: '∞', partial: '∂', nabla: '∇', ell: 'ℓ', hbar: 'ℏ', emptyset: '∅', varnothing: '∅', Re: 'ℜ', Im: 'ℑ', aleph: 'ℵ', angle: '∠', triangle: '△', top: '⊤', bot: '⊥' }
const OPERATORS = { times: '×', cdot: '⋅', div: '÷', pm: '±', mp: '∓', ast: '∗', star: '⋆', circ: '∘', bullet: '∙', oplus: '⊕', otimes: '⊗', leq: '≤', le: '≤', geq: '≥', ge: '≥', neq: '≠', ne: '≠', approx: '≈', equiv: '≡', sim: '∼', simeq: '≃', cong: '≅', propto: '∝', ll: '≪', gg: '≫', in: '∈', notin: '∉', ni: '∋', subset: '⊂', subseteq: '⊆', supset: '⊃', supseteq: '⊇', cup: '∪', cap: '∩', setminus: '∖', land: '∧', wedge: '∧', lor: '∨', vee: '∨', lnot: '¬', neg: '¬', forall: '∀', exists: '∃', to: '→', rightarrow: '→', leftarrow: '←', leftrightarrow: '↔', Rightarrow: '⇒', implies: '⟹', Leftarrow: '⇐', Leftrightarrow: '⇔', iff: '⟺', mapsto: '↦', longrightarrow: '⟶', uparrow: '↑', downarrow: '↓', mid: '∣', parallel: '∥', perp: '⊥', cdots: '⋯', ldots: '…', dots: '…', vdots: '⋮', ddots: '⋱', colon: ':', prime: '′', degree: '°', therefore: '∴', because: '∵', langle: '⟨', rangle: '⟩', lfloor: '⌊', rfloor: '⌋', lceil: '⌈', rceil: '⌉', lvert: '|', rvert: '|', vert: '|', lVert: '‖', rVert: '‖', Vert: '‖', backslash: '\\', '{': '{', '}': '}', '|': '‖', '%': '%', '#': '#', '&': '&', _: '_', $: '$' }
const LARGE = { sum: '∑', prod: '∏', coprod: '∐', bigcup: '⋃', bigcap: '⋂', bigoplus: '⨁', bigotimes: '⨂' }
const INTEGRALS = { int: '∫', iint: '∬', iiint: '∭', oint: '∮' }
const NAMES = 'sin cos tan cot sec csc arcsin arccos arctan sinh cosh tanh log ln lg exp det dim ker deg arg gcd hom Pr'.split(' ')
const LIMITS = 'lim max min sup inf limsup liminf argmax argmin'.split(' ')
const SPACES = { ',': '0.17em', ':': '0.22em', '>': '0.22em', ';': '0.28em', ' ': '0.28em', '!': '-0.17em', quad: '1em', qquad: '2em' }
const ACCENTS = { hat: '^', widehat: '^', bar: '¯', overline: '¯', vec: '→', overrightarrow: '→', dot: '˙', ddot: '¨', tilde: '~', widetilde: '~', check: 'ˇ' }
const FENCES = { matrix: ['', ''], pmatrix: ['(', ')'], bmatrix: ['[', ']'], Bmatrix: ['{', '}'], vmatrix: ['|', '|'], Vmatrix: ['‖', '‖'], cases: ['{', ''], aligned: ['', ''], align: ['', ''], 'align*': ['', ''], gathered: ['', ''], array: ['', ''] }
// Where the letters of other alphabets begin, upper and lower case, and those that stand elsewhere.
const ALPHABETS = { mathbb: [0x1d538, 0x1d552, { C: 'ℂ', H: 'ℍ', N: 'ℕ', P: 'ℙ', Q: 'ℚ', R: 'ℝ', Z: 'ℤ' }], mathbf: [0x1d400, 0x1d41a, {}], boldsymbol: [0x1d468, 0x1d482, {}], mathcal: [0x1d49c, 0x1d4b6, { B: 'ℬ', E: 'ℰ', F: 'ℱ', H: 'ℋ', I: 'ℐ', L: 'ℒ', M: 'ℳ', R: 'ℛ', e: 'ℯ', g: 'ℊ', o: 'ℴ' }], mathfrak: [0x1d504, 0x1d51e, { C: 'ℭ', H: 'ℌ', I: 'ℑ', R: 'ℜ', Z: 'ℨ' }] }
const MAX_CHARS = 4000

function m(name, attributes, ...children) {
  const made = document.createElementNS(SPACE, name)
  for (const [key, value] of Object.entries(attributes ?? {})) if (value !== undefined) made.setAttribute(key, value)
  made.append(...children)
  return made
}

class Reader {
  constructor(text) {
    this.tokens = text.match(/\\(?:[A-Za-z]+\*?|[\s\S])|\d+(?:\.\d+)?|\s+|[\s\S]/gu) ?? []
    this.at = 0
    this.depth = 0
  }

  peek() {
    while (/^\s+$/.test(this.tokens[this.at] ?? '')) this.at += 1
    return this.tokens[this.at]
  }

  next() {
    const token = this.peek()
    this.at += 1
    return token
  }

  expect(token) {
    if (this.next() !== token) throw new Error(`${token} is missing`)
  }

  // What stands in braces, as it is.
  raw() {
    this.expect('{')
    let text = ''
    for (let depth = 1; ;) {
      const token = this.tokens[this.at++]
      if (token === undefined) throw new Error('a brace is open')
      if (token === '{') depth += 1
      if (token === '}' && --depth === 0) return text
      text += token
    }
  }

  // Everything up to one of these.
  row(...ends) {
    if (++this.depth > 40) throw new Error('too deep')
    const all = []
    for (let token = this.peek(); !ends.includes(token); token = this.peek()) {
      if (token === undefined) throw new Error('it ends too early')
      all.push(this.scripted())
    }
    this.depth -= 1
    return m('mrow', {}, ...all)
  }

  argument() {
    if (this.peek() !== '{') {
      // Without braces it is one sign: \frac12.
      const number = this.peek()?.match(/^\d\d/) && this.peek()
      if (number) this.tokens.splice(this.at, 1, number[0], number.slice(1))
      return this.atom()
    }
    this.next()
    const row = this.row('}')
    this.next()
    return row
  }

  scripted() {
    const name = this.peek()?.replace('\\', '')
    const stacks = this.isDisplay && (name in LARGE || LIMITS.includes(name))
    const base = ['^', '_'].includes(this.peek()) ? m('mrow') : this.atom()
    let low
    let high
    for (;;) {
      if (this.peek() === '\\limits' || this.peek() === '\\nolimits') this.next()
      if (this.peek() === '_' && !low) { this.next(); low = this.argument() }
      else if (this.peek() === '^' && !high) { this.next(); high = this.argument() }
      else if (this.peek() === "'" && !high) { let text = ''; while (this.peek() === "'") { this.next(); text += '′' } high = m('mo', {}, text) }
      else break
    }
    if (low && high) return m(stacks ? 'munderover' : 'msubsup', {}, base, low, high)
    if (low) return m(stacks ? 'munder' : 'msub', {}, base, low)
    return high ? m(stacks ? 'mover' : 'msup', {}, base, high) : base
  }

  atom() {
    const token = this.next()
    if (token === undefined) throw new Error('it ends too early')
    if (token === '{') { this.at -= 1; return this.argument() }
    if (token.startsWith('\\')) return this.command(token.slice(1))
    if (/^\d/.test(token)) return m('mn', {}, token)
    if (/^\p{L}$/u.test(token)) return m('mi', {}, token)
    if (['}', '&', '^', '_', '#', '%', '$'].includes(token)) throw new Error(`${token} stands alone`)
    return m('mo', { stretchy: /[()[\]|]/.test(token) ? 'false' : undefined }, token === '-' ? '−' : token === '*' ? '∗' : token)
  }

  command(name) {
    const own = (table) => Object.hasOwn(table, name)
    if (own(LETTERS)) return m('mi', {}, LETTERS[name])
    if (own(OPERATORS)) return m('mo', { stretchy: 'false' }, OPERATORS[name])
    if (own(LARGE)) return m('mo', {}, LARGE[name])
    if (own(INTEGRALS)) return m('mo', {}, INTEGRALS[name])
    if (NAMES.includes(name) || LIMITS.includes(name)) return m('mi', {}, name)
    if (own(SPACES)) return m('mspace', { width: SPACES[name] })
    if (own(ACCENTS)) return m('mover', { accent: 'true' }, this.argument(), m('mo', { stretchy: name.length > 5 ? 'true' : 'false' }, ACCENTS[name]))
    if (own(ALPHABETS)) return alphabet(this.raw(), ...ALPHABETS[name])
    switch (name) {
      case 'frac': case 'dfrac': case 'tfrac': case 'cfrac': return m('mfrac', {}, this.argument(), this.argument())
      case 'binom': return m('mrow', {}, m('mo', {}, '('), m('mfrac', { linethickness: '0' }, this.argument(), this.argument()), m('mo', {}, ')'))
      case 'sqrt': return this.root()
      case 'text': case 'textbf': case 'textit': case 'mathrm': case 'operatorname': case 'mbox': case 'textrm':
        return m('mtext', {}, this.raw().replace(/^ | $/g, '\u00a0'))
      case 'left': return this.fenced()
      case 'begin': return this.environment()
      case 'underline': return m('munder', {}, this.argument(), m('mo', {}, '_'))
      case 'underbrace': return m('munder', {}, this.argument(), m('mo', {}, '⏟'))
      case 'overbrace': return m('mover', {}, this.argument(), m('mo', {}, '⏞'))
      case 'boxed': return m('menclose', { notation: 'box' }, this.argument())
      case 'big': case 'Big': case 'bigl': case 'bigr': case 'Bigl': case 'Bigr': case 'displaystyle': case 'textstyle': case 'limits': return m('mrow')
      default: throw new Error(`\\${name} is not known`)
    }
  }

  root() {
    if (this.peek() !== '[') return m('msqrt', {}, this.argument())
    this.next()
    const degree = this.row(']')
    this.next()
    return m('mroot', {}, this.argument(), degree)
  }

  fence() {
    const token = this.next() ?? ''
    if (token === '.') return ''
    return token.startsWith('\\') ? OPERATORS[token.slice(1)] ?? '' : token
  }

  fenced() {
    const open = this.fence()
    const inside = this.row('\\right')
    this.next()
    return m('mrow', {}, m('mo', {}, open), inside, m('mo', {}, this.fence()))
  }

  environment() {
    const name = this.raw()
    if (!Object.hasOwn(FENCES, name)) throw new Error(`${name} is not known`)
    if (name === 'array') this.raw()
    const rows = [[]]
    for (;;) {
      rows.at(-1).push(this.row('&', '\\\\', '\\end'))
      const end = this.next()
      if (end === '\\end') break
      if (end === '\\\\') rows.push([])
    }
    if (this.raw() !== name) throw new Error('it ends otherwise than it began')
    const isAligned = /align/.test(name)
    const cell = (one, index) => m('mtd', { style: undefined, columnalign: name === 'cases' || (isAligned && index % 2) ? 'left' : isAligned ? 'right' : undefined }, one)
    const filled = rows.filter((row) => row.length > 1 || row[0].childNodes.length)
    const table = m('mtable', {}, ...filled.map((row) => m('mtr', {}, ...row.map(cell))))
    const [open, close] = FENCES[name]
    return m('mrow', {}, ...(open ? [m('mo', {}, open)] : []), table, ...(close ? [m('mo', {}, close)] : []))
  }
}

function alphabet(text, upper, lower, others) {
  const letters = [...text].map((one) => {
    if (others[one]) return others[one]
    if (/[A-Z]/.test(one)) return String.fromCodePoint(upper + one.charCodeAt(0) - 65)
    if (/[a-z]/.test(one)) return String.fromCodePoint(lower + one.charCodeAt(0) - 97)
    if (/[\d ]/.test(one)) return one
    throw new Error('not a letter')
  })
  return m('mi', {}, letters.join(''))
}

// A formula as MathML, or as code when it cannot be read.
export function formula(text, isDisplay = false) {
  try {
    if (text.length > MAX_CHARS) throw new Error('too long')
    const reader = new Reader(text.trim())
    reader.isDisplay = isDisplay
    const row = reader.row(undefined)
    return m('math', { display: isDisplay ? 'block' : undefined }, m('semantics', {}, row, m('annotation', { encoding: 'application/x-tex' }, text.trim())))
  } catch {
    const code = document.createElement('code')
    code.className = 'tex'
    code.append(text.trim())
    return code
  }
}
