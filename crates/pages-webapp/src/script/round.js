// A run as it is seen: its stream read to the end, its steps, its text, its forms and files.
import { ApiError } from './api.js'
import { answeredForm, lateForm, runForm } from './forms.js'
import { Growing, element } from './markdown.js'
import { words } from './words.js'

const MAX_TRIES = 8
const sleep = (seconds) => new Promise((resolve) => { setTimeout(resolve, seconds * 1000) })

// Reads a run to its end: over connections that are lost, and over the time in which it waits for somebody.
export async function follow(api, begin, on, signal) {
  let source = begin
  let run
  let tries = 0
  for (;;) {
    let last = ''
    let isOver = false
    try {
      for await (const event of source()) {
        tries = 0
        run = event.workflow_run_id ?? run
        last = event.event
        isOver ||= ['workflow_finished', 'error', 'message_end'].includes(last)
        on(event)
      }
      if (isOver || !run) return
    } catch (error) {
      if (isOver || signal.aborted) return
      if (error instanceof ApiError || !run || (tries += 1) > MAX_TRIES) throw error
      on({ event: 'offline' })
      await sleep(Math.min(tries, 5))
    }
    // Where the run stands is known when it has just begun to wait, and not after a loss.
    const known = last === 'workflow_paused'
    source = () => api.events('GET', `/api/workflow/${run}/events?include_state_snapshot=${!known}&continue_on_pause=true`, undefined, signal)
  }
}

export function fileLink(file, mayLoad) {
  const name = file.filename || file.name || file.type
  const url = file.url ?? file.remote_url
  if (!url) return element('li', {}, name)
  const isPicture = file.type === 'image' && mayLoad(url)
  const shown = isPicture ? element('img', { src: url, alt: name, loading: 'lazy' }) : name
  return element('li', { class: isPicture ? 'picture' : null }, element('a', { href: url, target: '_blank', rel: 'noopener noreferrer' }, shown))
}

// The nodes of a run, for visitors who may see them.
export class Steps {
  constructor() {
    this.list = element('ol')
    this.element = element('details', { class: 'steps' }, element('summary', {}, words.steps), this.list)
    this.rows = new Map()
  }

  handle(event) {
    const data = event.data
    if (!/^(node|iteration|loop)_(started|finished|completed)$/.test(event.event)) return
    let row = this.rows.get(data.id)
    if (!row) {
      row = element('li')
      this.rows.set(data.id, row)
      this.list.append(row)
    }
    const isOver = !event.event.endsWith('_started')
    const time = isOver ? ` · ${(data.elapsed_time ?? 0).toFixed(1)} ${words.seconds}` : ' …'
    const failed = data.status === 'failed' ? ` · ${words.failure}` : ''
    row.textContent = `${data.title}${time}${failed}`
  }
}

// What a run says and shows: one element, brought up to date by its events.
export class Answer {
  constructor(api, config, mayLoad) {
    this.api = api
    this.config = config
    this.mayLoad = mayLoad
    this.text = ''
    this.box = element('div', { class: 'text' })
    this.forms = element('div')
    this.fileList = element('ul', { class: 'files', hidden: true })
    this.note = element('p', { class: 'error', hidden: true })
    this.steps = config.steps ? new Steps() : undefined
    this.element = element('div', { class: 'said' }, ...(this.steps ? [this.steps.element] : []), this.box, this.fileList, this.forms, this.note)
    if (this.steps) this.steps.element.hidden = true
    this.growing = new Growing(this.box)
    this.known = new Map()
  }

  // Draws what came since the last picture of the screen, and not oftener.
  write(text) {
    this.text = text
    this.due ??= requestAnimationFrame(() => { this.due = undefined; this.growing.set(this.text) })
  }

  finishText() {
    if (this.due) cancelAnimationFrame(this.due)
    this.due = undefined
    this.growing.set(this.text)
    for (const pre of this.box.querySelectorAll('pre')) copyButton(pre)
  }

  wait(isWaiting) {
    this.box.classList.toggle('waiting', isWaiting)
    this.element.setAttribute('aria-busy', String(isWaiting))
  }

  complain(text) {
    this.note.textContent = text
    this.note.hidden = !text
  }

  addFiles(files) {
    for (const file of files ?? []) {
      const key = file.related_id ?? file.id ?? file.url
      if (this.known.has(key)) continue
      this.known.set(key, true)
      this.fileList.append(fileLink(file, this.mayLoad))
      this.fileList.hidden = false
    }
  }

  addForm(data) {
    if (data.form_token === null || data.display_in_ui === false) {
      this.put(data.form_id, element('p', { class: 'notice' }, words.waits))
    } else if (!this.known.has(`form ${data.form_id}`)) this.put(data.form_id, runForm(this.api, data), data.node_id)
  }

  put(id, shown, node) {
    const key = `form ${id}`
    const old = this.known.get(key)
    if (old) old.replaceWith(shown)
    else this.forms.append(shown)
    this.known.set(key, shown)
    if (node) this.known.set(`node ${node}`, key)
  }

  handle(event) {
    if (this.isOffline) this.complain('')
    this.isOffline = event.event === 'offline'
    if (this.steps) {
      this.steps.handle(event)
      this.steps.element.hidden = this.steps.rows.size === 0
    }
    switch (event.event) {
      case 'message': case 'agent_message': this.write(this.text + event.answer); break
      case 'text_chunk': this.write(this.text + event.data.text); break
      case 'message_replace': this.write(event.answer); break
      case 'text_replace': this.write(event.data.text); break
      case 'message_file': this.addFiles([event]); break
      case 'message_end': this.addFiles(event.files); this.cite(event.metadata?.retriever_resources); break
      case 'human_input_required': this.addForm(event.data); this.wait(false); break
      case 'human_input_form_filled': this.filled(event.data); this.wait(true); break
      case 'human_input_form_timeout': this.put(this.formOf(event.data), lateForm()); this.wait(true); break
      case 'workflow_paused': this.wait(false); break
      case 'workflow_finished':
        this.addFiles(event.data.files)
        if (event.data.status === 'failed') this.complain(event.data.error || words.failed)
        if (event.data.status === 'stopped') this.complain(words.stopped)
        break
      case 'error': this.complain(event.message || words.failed); break
      case 'offline': this.complain(words.offline); break
    }
  }

  formOf(data) {
    return data.form_id ?? this.known.get(`node ${data.node_id}`)?.slice(5) ?? data.node_id
  }

  filled(data) { this.put(this.formOf(data), answeredForm(data)) }

  cite(sources) {
    const names = [...new Set((sources ?? []).map((one) => one.document_name ?? one.title).filter(Boolean))]
    if (!names.length || this.cited) return
    this.cited = element('details', { class: 'sources' }, element('summary', {}, words.sources), element('ul', {}, ...names.map((name) => element('li', {}, name))))
    this.note.before(this.cited)
  }
}

function copyButton(pre) {
  if (!navigator.clipboard || pre.querySelector('button')) return
  const button = element('button', { type: 'button', 'aria-label': words.copyCode }, words.copy)
  button.addEventListener('click', () => copied(button, pre.querySelector('code').textContent))
  pre.append(button)
}

export async function copied(button, text) {
  await navigator.clipboard.writeText(text)
  const before = button.textContent
  button.textContent = words.copied
  setTimeout(() => { button.textContent = before }, 1500)
}
