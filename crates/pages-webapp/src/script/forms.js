// Forms that a run waits for: shown where the run is, answered by whoever sees them.
import { draw, element } from './markdown.js'
import { words } from './words.js'

const MARK = /\{\{#\$output\.([^#]*)#\}\}/

function control(input, defaults) {
  const name = input.output_variable_name
  const value = defaults?.[name] ?? (input.default?.type === 'constant' ? input.default.value : '') ?? ''
  if (input.type === 'select') {
    const options = (input.option_source?.value ?? []).map((one) => element('option', { value: one, selected: one === value }, one))
    return element('select', { name }, ...options)
  }
  const area = element('textarea', { name, rows: 3 })
  area.value = value
  return area
}

// A form as an element; `sent` is called once it was answered.
export function runForm(api, form, sent) {
  const open = new Map((form.inputs ?? []).map((input) => [input.output_variable_name, input]))
  const field = (name) => {
    const input = open.get(name)
    open.delete(name)
    return element('label', {}, name, control(input, form.resolved_default_values))
  }
  const box = element('form', { class: 'form', 'aria-label': form.node_title || words.waits })
  const parts = (form.form_content ?? '').split(MARK)
  parts.forEach((part, index) => {
    if (index % 2 === 0) box.append(element('div', { class: 'text' }, ...draw(part)))
    else if (open.has(part)) box.append(field(part))
  })
  for (const name of [...open.keys()]) box.append(field(name))
  const problem = element('p', { class: 'error', role: 'alert', hidden: true })
  const buttons = element('div', { class: 'buttons' })
  for (const action of form.actions ?? []) {
    buttons.append(element('button', { value: action.id, class: action.button_style === 'primary' ? 'primary' : null }, action.title))
  }
  box.append(buttons, problem)
  box.addEventListener('submit', async (event) => {
    event.preventDefault()
    const action = event.submitter?.value ?? form.actions?.[0]?.id
    const inputs = Object.fromEntries([...box.querySelectorAll('select, textarea')].map((one) => [one.name, one.value]))
    const controls = [...box.querySelectorAll('button, select, textarea')]
    for (const one of controls) one.disabled = true
    try {
      await api.call('POST', `/api/form/human_input/${form.form_token}`, { action, inputs })
      sent?.()
      box.replaceChildren(element('p', { class: 'notice', role: 'status' }, words.sent))
    } catch (error) {
      problem.textContent = error.message
      problem.hidden = false
      for (const one of controls) one.disabled = false
    }
  })
  return box
}

// A form that was answered, or was not in time.
export function answeredForm(data) {
  const text = element('div', { class: 'text' }, ...draw(data.rendered_content ?? ''))
  return element('div', { class: 'form' }, text, element('p', { class: 'notice' }, `${words.filled} ${data.action_text ?? data.action_id ?? ''}`))
}

export const lateForm = () => element('p', { class: 'notice' }, words.late)
