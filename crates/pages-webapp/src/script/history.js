// The conversations of a visitor: listed, opened, named, pinned, deleted.
import { kept } from './api.js'
import { element } from './markdown.js'
import { words } from './words.js'

const PAGE = 30

const button = (text, attributes, action) => {
  const made = element('button', { type: 'button', ...attributes }, text)
  made.addEventListener('click', action)
  return made
}

export class History {
  constructor(chat) {
    this.chat = chat
    this.api = chat.api
    this.list = element('ul')
    this.empty = element('p', { class: 'kind' }, words.noConversations)
    this.more = button(words.moreConversations, { class: 'quiet', hidden: true }, () => this.load().catch((error) => chat.complain(error.message)))
    const close = button('×', { class: 'quiet close', 'aria-label': words.close }, () => this.show(false))
    const head = element('div', { class: 'buttons' }, button(`+ ${words.fresh}`, {}, () => { this.show(false); chat.fresh() }), close)
    this.side = element('nav', { class: 'side', id: 'side', 'aria-label': words.conversations }, head, element('h2', {}, words.conversations), this.list, this.empty, this.more)
    this.side.addEventListener('keydown', (event) => { if (event.key === 'Escape') this.show(false) })
    this.menu = button('☰', { class: 'menu quiet', 'aria-label': words.menu, 'aria-controls': 'side', 'aria-expanded': 'false' }, () => this.show(!this.side.classList.contains('open')))
    document.querySelector('.top').prepend(this.menu)
    document.querySelector('.column').before(this.side)
    document.addEventListener('click', (event) => {
      for (const one of this.side.querySelectorAll('details[open]')) if (!one.contains(event.target)) one.open = false
      if (!this.side.contains(event.target) && !this.menu.contains(event.target)) this.side.classList.remove('open')
    })
    this.rows = []
    // A visitor who was never here has none, and is not counted as one for looking.
    if (kept.get(this.api.key)) this.refresh()
  }

  show(isOpen) {
    this.side.classList.toggle('open', isOpen)
    this.menu.setAttribute('aria-expanded', String(isOpen))
    if (isOpen) this.side.querySelector('button').focus()
    else if (this.side.contains(document.activeElement)) this.menu.focus()
  }

  page(last) {
    return this.api.get(`/api/conversations?pinned=false&limit=${PAGE}${last ? `&last_id=${last}` : ''}`)
  }

  // Of several that are under way the last one counts.
  async refresh() {
    const turn = this.turn = {}
    try {
      const [pinned, others] = await Promise.all([this.api.get('/api/conversations?pinned=true&limit=100'), this.page()])
      if (this.turn !== turn) return
      this.pinned = pinned.data.map((one) => ({ ...one, isPinned: true }))
      this.rows = []
      this.add(others)
    } catch (error) {
      this.empty.textContent = error.message
      this.empty.hidden = false
    }
  }

  async load() {
    const turn = this.turn
    const next = await this.page(this.rows.at(-1)?.id)
    if (this.turn === turn) this.add(next)
  }

  add(page) {
    this.rows.push(...page.data)
    this.more.hidden = !page.has_more
    this.draw()
  }

  draw() {
    const all = [...this.pinned, ...this.rows]
    const opened = this.list.querySelector('details[open]')?.dataset.of
    this.empty.textContent = words.noConversations
    this.empty.hidden = all.length > 0
    this.list.replaceChildren(...all.map((one) => this.row(one)))
    for (const one of this.list.querySelectorAll('details')) one.open = one.dataset.of === opened
    this.mark()
  }

  row(one) {
    const open = button(one.name, { title: one.name }, () => { this.show(false); this.chat.open(one.id).catch((error) => this.chat.complain(error.message)) })
    open.dataset.id = one.id
    if (one.isPinned) open.append(element('span', { class: 'sr' }, ` (${words.pinned})`))
    const choices = element('div', {},
      button(words.rename, {}, () => this.rename(one)),
      button(one.isPinned ? words.unpin : words.pin, {}, () => this.change('PATCH', `${one.id}/${one.isPinned ? 'unpin' : 'pin'}`)),
      button(words.delete, { class: 'danger' }, () => this.remove(one)))
    const menu = element('details', { 'data-of': one.id }, element('summary', { 'aria-label': `${words.more} ${one.name}` }, one.isPinned ? '★' : '⋯'), choices)
    choices.addEventListener('click', () => { menu.open = false })
    return element('li', {}, open, menu)
  }

  mark() {
    for (const one of this.list.querySelectorAll('[data-id]')) {
      if (one.dataset.id === this.chat.conversation) one.setAttribute('aria-current', 'true')
      else one.removeAttribute('aria-current')
    }
  }

  async change(method, path, body) {
    try {
      await this.api.call(method, `/api/conversations/${path}`, body)
      await this.refresh()
    } catch (error) {
      this.chat.complain(error.message)
    }
  }

  async rename(one) {
    const field = element('input', { value: one.name, maxlength: 255, required: true, 'aria-label': words.name })
    if (await ask(words.rename, field, words.save)) this.change('POST', `${one.id}/name`, { name: field.value.trim() || one.name })
  }

  async remove(one) {
    if (!await ask(one.name, element('p', {}, words.sureDelete), words.delete, 'danger')) return
    await this.change('DELETE', one.id)
    if (this.chat.conversation === one.id) this.chat.fresh()
  }
}

// Asks whether to go on.
function ask(title, inside, yes, kind = 'primary') {
  return new Promise((resolve) => {
    const heading = element('h2', {}, title)
    const form = element('form', { method: 'dialog' }, heading, inside, element('div', { class: 'buttons' },
      element('button', { value: 'yes', class: kind }, yes), element('button', { value: '', formnovalidate: true }, words.cancel)))
    const dialog = element('dialog', { 'aria-label': title }, form)
    dialog.addEventListener('close', () => { dialog.remove(); resolve(dialog.returnValue === 'yes') })
    document.body.append(dialog)
    dialog.showModal()
  })
}
