// A chat: what is said, what is answered, what may be asked next.
import { Attachments, inputsOf } from './files.js'
import { answeredForm } from './forms.js'
import { History } from './history.js'
import { draw, element } from './markdown.js'
import { Answer, copied, fileLink, follow } from './round.js'
import { words } from './words.js'

const NEAR_THE_END = 120
const ROUNDS = 20

class Chat {
  constructor(api, config) {
    this.api = api
    this.config = config
    this.log = document.getElementById('log')
    this.form = document.getElementById('ask')
    this.message = document.getElementById('message')
    this.send = document.getElementById('send')
    this.inputs = document.getElementById('inputs')
    this.suggestions = document.getElementById('suggestions') ?? element('div', { class: 'suggestions', id: 'suggestions' })
    this.first = [...this.suggestions.children].map((one) => one.value)
    this.opening = document.getElementById('opening')
    this.problem = element('p', { class: 'error', role: 'alert', hidden: true })
    this.status = element('p', { class: 'sr', role: 'status' })
    this.stop = element('button', { type: 'button', class: 'danger', id: 'stop', hidden: true }, words.stop)
    this.conversation = config.conversation ?? ''
    this.last = null
    this.mayLoad = (url) => config.pictures.some((start) => url.startsWith(start)) || (config.any_picture && url.startsWith('https://'))
    this.prepare()
  }

  prepare() {
    this.send.after(this.stop)
    this.form.prepend(this.problem, this.status)
    this.form.noValidate = true
    this.arrange()
    this.prepareFiles()
    this.form.addEventListener('submit', (event) => {
      event.preventDefault()
      this.ask(this.message.value)
    })
    this.message.addEventListener('keydown', (event) => {
      const isTouch = matchMedia('(pointer: coarse)').matches
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing || isTouch) return
      event.preventDefault()
      this.form.requestSubmit(this.send)
    })
    this.stop.addEventListener('click', () => this.halt())
    this.inputs?.addEventListener('input', () => this.greet())
    this.history = new History(this)
  }

  // What is filled in once stands above the conversation, what may be asked next below it: what stays in sight is the message alone.
  arrange() {
    const controls = this.inputs?.querySelectorAll('input, select, textarea') ?? []
    for (const one of controls) one.setAttribute('form', 'ask')
    if (this.inputs) this.log.before(this.inputs)
    this.log.after(this.suggestions)
    this.suggest(this.suggestions.isConnected ? this.first : [])
  }

  prepareFiles() {
    const beside = document.getElementById('beside')
    const field = this.config.inputs.find((one) => one.variable === 'sys.files')
    const input = beside?.querySelector('input[type=file]')
    if (!input) return
    input.removeAttribute('name')
    const composer = this.form.querySelector('.composer')
    this.attachments = new Attachments(this.api, composer, input, field.most, (text) => this.complain(text))
    const button = element('button', { type: 'button', class: 'quiet' }, `+ ${words.files}`)
    button.addEventListener('click', () => input.click())
    this.send.parentElement.prepend(button)
    // The button stands for it.
    input.tabIndex = -1
    input.setAttribute('aria-hidden', 'true')
  }

  // What the app says first, with what is filled in by now.
  greet() {
    if (!this.opening || !this.config.opening.includes('{{')) return
    const value = (name) => document.getElementsByName(`input.${name.trim()}`)[0]?.value
    const text = this.config.opening.replace(/\{\{([^{}]+)\}\}/g, (mark, name) => value(name) || mark)
    this.opening.firstElementChild.replaceChildren(...draw(text))
  }

  complain(text) {
    this.problem.textContent = text ?? ''
    this.problem.hidden = !text
  }

  setBusy(isBusy) {
    const { activeElement } = document
    this.isBusy = isBusy
    this.send.hidden = isBusy
    this.stop.hidden = !isBusy
    this.stop.disabled = false
    if (isBusy && activeElement === this.send) this.stop.focus()
    if (!isBusy && activeElement === this.stop) this.message.focus()
    this.status.textContent = isBusy ? words.answering : ''
  }

  async ask(text) {
    if (this.isBusy) return
    this.complain()
    const query = text.trim()
    if (!query) { this.complain(words.message); return }
    this.setBusy(true)
    // What still has to be done for a round may go on while the next one is asked.
    const turn = this.turn = {}
    try {
      const inputs = await inputsOf(this.form, this.config, this.api)
      if (!inputs) return
      const files = await this.attachments?.take() ?? []
      if (this.message.value === text) this.message.value = ''
      if (this.inputs) this.inputs.open = false
      this.suggest([])
      await this.converse({ query, inputs, files, conversation_id: this.conversation, parent_message_id: this.last, response_mode: 'streaming' })
    } catch (error) {
      this.complain(error.message)
    } finally {
      if (this.turn === turn) this.setBusy(false)
    }
  }

  // One round, from what is said to what may follow.
  async converse(body) {
    const isNew = !this.conversation
    const round = this.round(body.query, body.files)
    this.log.append(round.element)
    scrollTo(0, document.body.scrollHeight)
    await this.read(round, () => this.api.events('POST', '/api/chat-messages', body, this.reading.signal))
    this.history.refresh()
    if (isNew && this.conversation) {
      const named = this.api.call('POST', `/api/conversations/${this.conversation}/name`, { auto_generate: true })
      named.then(() => this.history.refresh(), () => {})
    }
  }

  async read(round, begin) {
    const { answer } = round
    this.reading = new AbortController()
    const { signal } = this.reading
    answer.wait(true)
    try {
      await follow(this.api, begin, (event) => {
        if (signal.aborted) return
        const isAtEnd = this.isAtEnd()
        this.conversation = event.conversation_id ?? this.conversation
        round.message = event.message_id ?? round.message
        this.task = event.task_id ?? this.task
        answer.handle(event)
        if (isAtEnd) requestAnimationFrame(() => scrollTo(0, document.body.scrollHeight))
      }, signal)
    } catch (error) {
      answer.complain(error.status ? error.message : words.gone)
    }
    if (signal.aborted) return
    answer.wait(false)
    answer.finishText()
    this.task = undefined
    this.last = round.message ?? this.last
    this.tools(round)
    this.status.textContent = words.answered
    this.setBusy(false)
    this.suggestAfter(round)
  }

  isAtEnd() {
    return document.body.scrollHeight - scrollY - innerHeight < NEAR_THE_END
  }

  async halt() {
    this.stop.disabled = true
    if (this.task) await this.api.call('POST', `/api/chat-messages/${this.task}/stop`, {}).catch((error) => this.complain(error.message))
  }

  round(query, files) {
    const heading = element('h2', { class: 'sr' }, `${words.you}: ${query.slice(0, 80)}`)
    const asked = element('div', { class: 'asked' }, query)
    if (files?.length) asked.append(element('ul', { class: 'files' }, ...files.map((file) => fileLink(file, this.mayLoad))))
    const answer = new Answer(this.api, this.config, this.mayLoad)
    return { answer, element: element('div', { class: 'round' }, heading, asked, answer.element) }
  }

  // What a visitor does with an answer.
  tools(round, rating) {
    if (!round.message) return
    const bar = element('div', { class: 'tools' })
    if (navigator.clipboard && round.answer.text) {
      const copy = element('button', { type: 'button', class: 'quiet' }, words.copy)
      copy.addEventListener('click', () => copied(copy, round.answer.text))
      bar.append(copy)
    }
    for (const value of ['like', 'dislike']) {
      const button = element('button', { type: 'button', class: `quiet ${value}`, 'aria-label': words[value], title: words[value], 'aria-pressed': String(rating === value) }, thumb())
      button.dataset.rating = value
      button.addEventListener('click', () => this.rate(round, bar, button))
      bar.append(button)
    }
    round.answer.element.append(bar)
  }

  async rate(round, bar, button) {
    const rating = button.getAttribute('aria-pressed') === 'true' ? null : button.dataset.rating
    try {
      await this.api.call('POST', `/api/messages/${round.message}/feedbacks`, { rating })
      for (const one of bar.querySelectorAll('[data-rating]')) one.setAttribute('aria-pressed', String(one.dataset.rating === rating))
    } catch (error) {
      this.complain(error.message)
    }
  }

  async suggestAfter(round) {
    if (!this.config.suggests || !round.message || !round.answer.note.hidden) return
    const { message } = round
    const found = await this.api.get(`/api/messages/${message}/suggested-questions`).catch(() => ({ data: [] }))
    if (this.last === message && !this.isBusy) this.suggest(found.data)
  }

  suggest(questions) {
    this.suggestions.replaceChildren(...questions.map((one) => {
      const button = element('button', { type: 'button' }, one)
      button.addEventListener('click', () => this.ask(one))
      return button
    }))
  }

  leave() {
    this.reading?.abort()
    this.turn = undefined
    this.task = undefined
    this.setBusy(false)
    this.complain()
    this.suggest([])
    this.log.replaceChildren()
    this.last = null
  }

  // A conversation that begins.
  fresh() {
    this.leave()
    this.conversation = ''
    if (this.opening) this.log.append(this.opening)
    if (this.inputs) this.inputs.open = true
    this.suggest(this.first)
    this.history.mark()
    this.message.focus()
  }

  // A conversation of before.
  async open(id) {
    this.leave()
    this.conversation = id
    if (this.inputs) this.inputs.open = false
    this.history.mark()
    await this.older(id)
    scrollTo(0, document.body.scrollHeight)
  }

  // The last messages of a conversation, or those before the first one that is shown.
  async older(id, first) {
    const before = first ? `&first_id=${first}` : ''
    const page = await this.api.get(`/api/messages?conversation_id=${id}&limit=${ROUNDS}${before}`)
    if (this.conversation !== id) return
    const rounds = page.data.map((message) => this.past(message))
    const height = document.body.scrollHeight
    this.log.querySelector('.older')?.remove()
    this.log.prepend(...rounds.map((round) => round.element))
    if (page.has_more) {
      const more = element('button', { type: 'button', class: 'older' }, words.older)
      more.addEventListener('click', () => this.older(id, page.data[0].id))
      this.log.prepend(more)
    }
    if (!first) this.fillIn(page.data.at(-1)?.inputs ?? {})
    if (first) scrollBy(0, document.body.scrollHeight - height)
    else this.last = page.data.at(-1)?.id ?? null
    const waiting = rounds.at(-1)
    if (!first && waiting?.run) this.resume(waiting)
  }

  // What a conversation went on with last stands in the form again.
  fillIn(inputs) {
    for (const [name, value] of Object.entries(inputs)) {
      const control = [...document.getElementsByName(`input.${name}`)].at(-1)
      if (!control || control.type === 'file') continue
      if (control.type === 'checkbox') control.checked = value === true
      else control.value = typeof value === 'object' && value ? JSON.stringify(value, null, 2) : value ?? ''
    }
  }

  past(message) {
    const files = message.message_files ?? []
    const round = this.round(message.query, files.filter((file) => file.belongs_to !== 'assistant'))
    const { answer } = round
    round.message = message.id
    answer.text = message.answer
    answer.finishText()
    answer.addFiles(files.filter((file) => file.belongs_to === 'assistant'))
    answer.cite(message.retriever_resources)
    if (message.error) answer.complain(message.error)
    for (const content of message.extra_contents ?? []) {
      if (content.submitted) answer.forms.append(answeredForm(content.form_submission_data ?? {}))
      else if (content.form_definition) {
        answer.addForm(content.form_definition)
        if (message.status === 'paused') round.run = content.workflow_run_id
      }
    }
    this.tools(round, message.feedback?.rating)
    return round
  }

  // A run that waits for somebody goes on where it is shown.
  async resume(round) {
    round.answer.element.querySelector('.tools')?.remove()
    const path = `/api/workflow/${round.run}/events?include_state_snapshot=true&continue_on_pause=true`
    this.setBusy(true)
    this.reading = new AbortController()
    await this.read(round, () => this.api.events('GET', path, undefined, this.reading.signal))
  }
}

function thumb() {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  for (const [name, value] of Object.entries({ viewBox: '0 0 24 24', width: '18', height: '18', fill: 'none', stroke: 'currentColor', 'stroke-width': '2', 'stroke-linejoin': 'round', 'aria-hidden': 'true' })) svg.setAttribute(name, value)
  const line = document.createElementNS('http://www.w3.org/2000/svg', 'path')
  line.setAttribute('d', 'M7 11v10H3V11zM7 11l4-9a3 3 0 0 1 3 3v4h7l-2 12H7')
  svg.append(line)
  return svg
}

export function start(api, config, conversation) {
  const chat = new Chat(api, config)
  chat.greet()
  if (conversation && !config.conversation) chat.open(conversation).catch(() => chat.fresh())
}
