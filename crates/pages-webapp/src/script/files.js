// Files: chosen, sent, named in what a run is given; and the inputs of the form.
import { element } from './markdown.js'
import { words } from './words.js'

const KINDS = ['image', 'audio', 'video']
const kindOf = (file) => KINDS.find((kind) => (file.mime_type ?? file.type ?? '').startsWith(`${kind}/`)) ?? 'document'

// Sends a file; what runs are told of it.
export async function upload(api, file) {
  const body = new FormData()
  body.append('file', file)
  const taken = await api.call('POST', '/api/files/upload', body)
  return { type: kindOf(taken), transfer_method: 'local_file', upload_file_id: taken.id, filename: taken.name }
}

// Files beside a message: sent as soon as they are chosen, dropped or pasted.
export class Attachments {
  constructor(api, composer, input, most, say) {
    this.api = api
    this.most = most
    this.say = say
    this.all = []
    this.list = element('ul', { class: 'files', hidden: true, 'aria-label': words.files })
    composer.prepend(this.list)
    this.input = input
    input.addEventListener('change', () => { this.add(input.files); input.value = '' })
    composer.addEventListener('dragover', (event) => event.preventDefault())
    composer.addEventListener('drop', (event) => { event.preventDefault(); this.add(event.dataTransfer.files) })
    composer.addEventListener('paste', (event) => { if (event.clipboardData.files.length) { event.preventDefault(); this.add(event.clipboardData.files) } })
  }

  add(files) {
    for (const file of files) {
      if (this.all.length >= this.most) { this.say(words.tooMany.replace('{n}', this.most)); return }
      const one = { name: file.name, row: element('li', {}, `${file.name} · ${words.uploading}`) }
      one.sent = upload(this.api, file)
      one.sent.then(() => this.show(one), (error) => { this.remove(one); this.say(`${file.name}: ${error.message}`) })
      this.all.push(one)
      this.list.append(one.row)
      this.list.hidden = false
    }
  }

  show(one) {
    const remove = element('button', { type: 'button', 'aria-label': `${words.remove} ${one.name}` }, '×')
    remove.addEventListener('click', () => { this.remove(one); this.input.focus() })
    one.row.replaceChildren(one.name, ' ', remove)
  }

  remove(one) {
    one.row.remove()
    this.all = this.all.filter((other) => other !== one)
    this.list.hidden = this.all.length === 0
  }

  // Waits for those that are on their way, and begins anew.
  async take() {
    const files = await Promise.all(this.all.map((one) => one.sent))
    for (const one of [...this.all]) this.remove(one)
    return files
  }
}

// What was filled in, by the names that the app declares. A control that does not fit says so, and nothing is returned.
export async function inputsOf(form, config, api) {
  const inputs = {}
  for (const field of config.inputs) {
    if (field.variable === 'sys.files') continue
    const controls = [...document.getElementsByName(`input.${field.variable}`)]
    const control = controls.at(-1)
    if (!control) continue
    control.setCustomValidity('')
    const value = await valueOf(field, control, api)
    if (value instanceof SyntaxError) {
      control.setCustomValidity(words.json)
      reveal(control)
      control.reportValidity()
      control.addEventListener('input', () => control.setCustomValidity(''), { once: true })
      return
    }
    if (value !== undefined) inputs[field.variable] = value
  }
  const wrong = [...form.elements].find((one) => one.name.startsWith('input.') && !one.checkValidity())
  if (!wrong) return inputs
  reveal(wrong)
  wrong.reportValidity()
}

function reveal(control) {
  const box = control.closest('details')
  if (box) box.open = true
}

const sent = new WeakMap()

async function valueOf(field, control, api) {
  if (control.type === 'checkbox') return control.checked
  if (control.type === 'file') {
    if (control.files.length > field.most) { control.setCustomValidity(words.tooMany.replace('{n}', field.most)); return undefined }
    const files = await Promise.all([...control.files].map((file) => {
      if (!sent.has(file)) sent.set(file, upload(api, file))
      return sent.get(file)
    }))
    if (field.kind === 'file-list') return files.length ? files : undefined
    return files[0]
  }
  const text = control.value
  if (text.trim() === '') return control.required || field.kind !== 'text-input' && field.kind !== 'paragraph' ? undefined : text
  if (field.kind === 'json_object') try { return JSON.parse(text) } catch (error) { return error }
  if (field.kind === 'file' || field.kind === 'file-list') {
    const files = text.split('\n').map((line) => line.trim()).filter(Boolean).map((url) => ({ transfer_method: 'remote_url', url }))
    return field.kind === 'file' ? files[0] : files
  }
  return text
}
