// The page of an app, where scripts run: takes the form over that the server wrote. Without this the form works by itself.
import { Api, kept } from './api.js'
import { configure } from './markdown.js'
import { words } from './words.js'

const config = JSON.parse(document.body.dataset.page)

// A value out of the address: packed as pages that embed a chat send it (gzip in base64), or as it is.
async function unpack(value) {
  try {
    const bytes = Uint8Array.from(atob(value.replaceAll(' ', '+')), (one) => one.charCodeAt(0))
    if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return value
    return await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))).text()
  } catch {
    return value
  }
}

async function asked() {
  const query = { inputs: {}, system: {} }
  for (const [name, value] of new URLSearchParams(location.search)) {
    const text = await unpack(value)
    if (name.startsWith('sys.')) query.system[name.slice(4)] = text
    else if (!name.startsWith('user.')) query.inputs[name] = text
  }
  return query
}

function fillIn(inputs) {
  for (const [name, value] of Object.entries(inputs)) {
    const control = document.getElementsByName(`input.${name}`)[0]
    if (!control || control.type === 'file') continue
    if (control.type === 'checkbox') control.checked = value === 'true' || value === '1'
    else control.value = value
  }
}

configure(words, (url) => config.pictures.some((start) => url.startsWith(start)) || (config.any_picture && url.startsWith('https://')))
for (const one of document.querySelectorAll('[data-colour]')) one.style.background = one.dataset.colour

const query = await asked()
fillIn(query.inputs)
const api = new Api(config.code, query.system.user_id)
const passport = document.querySelector('input[name=passport]')?.value
if (passport && !kept.get(api.key)) kept.set(api.key, passport)
document.documentElement.classList.add('scripted')
const { start } = await import(config.kind === 'workflow' ? './workflow.js' : './chat.js')
start(api, config, query.system.conversation_id)
