// A workflow: its form, and what comes of it as it comes.
import { inputsOf } from './files.js'
import { Growing, element } from './markdown.js'
import { Answer, copied, follow } from './round.js'
import { words } from './words.js'

const STATES = { succeeded: [words.succeeded, 'good'], 'partial-succeeded': [words.partial, 'good'], failed: [words.failure, 'bad'], stopped: [words.stopped, 'bad'] }

class Workflow {
  constructor(api, config) {
    this.api = api
    this.config = config
    this.form = document.getElementById('ask')
    this.result = document.getElementById('result')
    this.send = document.getElementById('send')
    this.problem = element('p', { class: 'error', role: 'alert', hidden: true })
    this.state = element('span', { class: 'badge', role: 'status' })
    this.stop = element('button', { type: 'button', class: 'danger', id: 'stop', hidden: true }, words.stop)
    this.send.after(this.stop)
    this.form.noValidate = true
    this.form.append(this.problem)
    this.mayLoad = (url) => config.pictures.some((start) => url.startsWith(start)) || (config.any_picture && url.startsWith('https://'))
    this.form.addEventListener('submit', (event) => { event.preventDefault(); this.run() })
    this.stop.addEventListener('click', () => this.halt())
  }

  complain(text) {
    this.problem.textContent = text ?? ''
    this.problem.hidden = !text
  }

  setBusy(isBusy) {
    this.isBusy = isBusy
    this.send.disabled = isBusy
    this.stop.hidden = !isBusy
    this.stop.disabled = false
  }

  async run() {
    if (this.isBusy) return
    this.complain()
    this.setBusy(true)
    try {
      const inputs = await inputsOf(this.form, this.config, this.api)
      if (inputs) await this.read(inputs)
    } catch (error) {
      this.complain(error.message)
    } finally {
      this.setBusy(false)
    }
  }

  async read(inputs) {
    const answer = new Answer(this.api, this.config, this.mayLoad)
    this.show(words.running)
    this.result.replaceChildren(element('h2', {}, words.result), element('p', {}, this.state), answer.element)
    this.result.scrollIntoView({ block: 'nearest' })
    const { signal } = this.reading = new AbortController()
    answer.wait(true)
    try {
      await follow(this.api, () => this.api.events('POST', '/api/workflows/run', { inputs, response_mode: 'streaming' }, signal), (event) => {
        this.task = event.task_id ?? this.task
        answer.handle(event)
        if (event.event === 'workflow_paused') this.show(words.paused)
        if (event.event === 'human_input_form_filled') this.show(words.running)
        if (event.event === 'error') this.show(words.failure, 'bad')
        if (event.event === 'workflow_finished') this.end(answer, event.data)
      }, signal)
    } catch (error) {
      this.show(words.failure, 'bad')
      answer.complain(error.status ? error.message : words.gone)
    }
    answer.wait(false)
    answer.finishText()
    this.task = undefined
  }

  show(text, kind) {
    this.state.textContent = text
    this.state.className = `badge ${kind ?? ''}`
  }

  end(answer, data) {
    const [text, kind] = STATES[data.status] ?? [words.done]
    this.show(`${text} · ${(data.elapsed_time ?? 0).toFixed(1)} ${words.seconds}`, kind)
    const outputs = Object.entries(data.outputs ?? {})
    if (!outputs.length) return
    // What streamed is the output already, when there is one and it is a text.
    if (!(answer.text && outputs.length === 1 && typeof outputs[0][1] === 'string')) this.outputs(answer, outputs)
    this.tools(answer, data.outputs)
  }

  outputs(answer, all) {
    answer.text = ''
    answer.box.replaceChildren()
    answer.growing = new Growing(answer.box)
    if (all.length === 1 && typeof all[0][1] === 'string') { answer.write(all[0][1]); return }
    for (const [name, value] of all) {
      const box = element('div', { class: 'text' })
      if (typeof value === 'string') new Growing(box).set(value)
      else box.append(element('pre', { tabindex: 0 }, element('code', {}, JSON.stringify(value, null, 2))))
      answer.fileList.before(element('h3', {}, name), box)
    }
  }

  tools(answer, outputs) {
    const bar = element('div', { class: 'tools' })
    const values = Object.values(outputs)
    const text = values.length === 1 && typeof values[0] === 'string' ? values[0] : JSON.stringify(outputs, null, 2)
    if (navigator.clipboard) {
      const copy = element('button', { type: 'button', class: 'quiet' }, words.copy)
      copy.addEventListener('click', () => copied(copy, text))
      bar.append(copy)
    }
    const save = element('button', { type: 'button', class: 'quiet' }, words.download)
    save.addEventListener('click', () => {
      const url = URL.createObjectURL(new Blob([JSON.stringify(outputs, null, 2)], { type: 'application/json' }))
      element('a', { href: url, download: 'result.json' }).click()
      setTimeout(() => URL.revokeObjectURL(url), 1000)
    })
    bar.append(save)
    answer.element.append(bar)
  }

  async halt() {
    this.stop.disabled = true
    if (this.task) await this.api.call('POST', `/api/workflows/tasks/${this.task}/stop`, {}).catch((error) => this.complain(error.message))
  }
}

export function start(api, config) {
  return new Workflow(api, config)
}
