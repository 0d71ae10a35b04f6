// A chat in a bubble on another site: a button, and the chat's page in a frame. The site says which chat, in window.difyChatbotConfig:
// {token, baseUrl, inputs, systemVariables, containerProps: {style, className}, draggable, dragAxis, dynamicScript}. Its ids and custom properties
// are those that published sites style.
(() => {
  const BUTTON = 'dify-chatbot-bubble-button'
  const WINDOW = 'dify-chatbot-bubble-window'
  const own = document.currentScript?.src
  const SPEECH = 'M4 4h16a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2H9l-5 4v-4a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2z'
  const CROSS = 'M6 6l12 12M18 6L6 18'

  // Style sheets of the site win over these: they may say where the bubble is and what it looks like.
  const RULES = `
    #${BUTTON} { position: fixed; z-index: 2147483646; right: var(--${BUTTON}-right, 1rem); bottom: var(--${BUTTON}-bottom, 1rem); left: var(--${BUTTON}-left, unset); top: var(--${BUTTON}-top, unset);
      width: var(--${BUTTON}-width, 48px); height: var(--${BUTTON}-height, 48px); border-radius: var(--${BUTTON}-border-radius, 25px); background-color: var(--${BUTTON}-bg-color, #155eef);
      box-shadow: var(--${BUTTON}-box-shadow, rgba(0, 0, 0, .2) 0 4px 8px); border: 0; padding: 0; cursor: pointer; color: #fff; display: flex; align-items: center; justify-content: center; }
    #${WINDOW} { position: fixed; z-index: 2147483647; right: 1rem; bottom: calc(1.5rem + var(--${BUTTON}-height, 48px)); width: 24rem; height: 43.75rem; max-width: calc(100vw - 2rem);
      max-height: calc(100vh - 6rem); border: 0; border-radius: .8rem; background: #fff; box-shadow: rgba(0, 0, 0, .2) 0 4px 24px; color-scheme: normal; }
    #${WINDOW}[hidden] { display: none; }
    @media (max-width: 30rem) { #${WINDOW} { right: 0; bottom: 0; width: 100vw; height: calc(100dvh - 4.5rem); max-width: none; border-radius: .8rem .8rem 0 0; } }`

  async function packed(text) {
    const bytes = await new Response(new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'))).arrayBuffer()
    return btoa(Array.from(new Uint8Array(bytes), (one) => String.fromCharCode(one)).join(''))
  }

  async function address(config, base) {
    const query = new URLSearchParams()
    for (const [name, value] of Object.entries(config.inputs ?? {})) query.set(name, await packed(String(value)))
    for (const [name, value] of Object.entries(config.systemVariables ?? {})) query.set(`sys.${name}`, await packed(String(value)))
    for (const [name, value] of Object.entries(config.userVariables ?? {})) query.set(`user.${name}`, await packed(String(value)))
    const text = query.toString()
    return `${base}/chatbot/${encodeURIComponent(config.token)}${text ? `?${text}` : ''}`
  }

  function icon(path) {
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
    for (const [name, value] of Object.entries({ width: '24', height: '24', viewBox: '0 0 24 24', fill: 'none', stroke: 'currentColor', 'stroke-width': '2', 'stroke-linejoin': 'round', 'aria-hidden': 'true' })) svg.setAttribute(name, value)
    const line = document.createElementNS('http://www.w3.org/2000/svg', 'path')
    line.setAttribute('d', path)
    svg.append(line)
    return svg
  }

  // By the object model, which a site's policy on styles does not forbid.
  function addRules() {
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(RULES)
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet]
  }

  async function embed() {
    const config = window.difyChatbotConfig
    if (!config?.token) { console.error('difyChatbotConfig needs a token.'); return }
    if (document.getElementById(BUTTON)) return
    const base = (config.baseUrl || (own ? new URL(own).origin : '')).replace(/\/+$/, '')
    addRules()
    const isChinese = document.documentElement.lang.startsWith('zh')
    const button = document.createElement('button')
    button.id = BUTTON
    button.type = 'button'
    if (config.containerProps?.className) button.className = config.containerProps.className
    Object.assign(button.style, config.containerProps?.style ?? {})
    button.setAttribute('aria-label', isChinese ? '聊天' : 'Chat')
    button.setAttribute('aria-expanded', 'false')
    button.setAttribute('aria-controls', WINDOW)
    button.append(icon(SPEECH))
    let frame
    const show = async (isOpen) => {
      if (!frame) {
        frame = document.createElement('iframe')
        frame.id = WINDOW
        frame.title = isChinese ? '聊天窗口' : 'Chat'
        frame.allow = 'clipboard-write; fullscreen'
        frame.src = await address(config, base)
        document.body.append(frame)
      }
      frame.hidden = !isOpen
      button.setAttribute('aria-expanded', String(isOpen))
      button.replaceChildren(icon(isOpen ? CROSS : SPEECH))
      if (isOpen) frame.focus()
    }
    let moved = false
    button.addEventListener('click', () => { if (!moved) show(!frame || frame.hidden) })
    document.addEventListener('keydown', (event) => { if (event.key === 'Escape' && frame && !frame.hidden) { show(false); button.focus() } })
    if (config.draggable) drag(button, config.dragAxis ?? 'both', (isMoved) => { moved = isMoved })
    document.body.append(button)
  }

  function drag(button, axis, tell) {
    let start
    button.style.touchAction = 'none'
    button.addEventListener('pointerdown', (event) => {
      const box = button.getBoundingClientRect()
      start = { x: event.clientX - box.left, y: event.clientY - box.top, at: [event.clientX, event.clientY] }
      tell(false)
      button.setPointerCapture(event.pointerId)
    })
    button.addEventListener('pointermove', (event) => {
      if (!start || Math.hypot(event.clientX - start.at[0], event.clientY - start.at[1]) < 6) return
      tell(true)
      const within = (value, most) => `${Math.max(0, Math.min(value, most))}px`
      if (axis !== 'y') Object.assign(button.style, { left: within(event.clientX - start.x, innerWidth - button.offsetWidth), right: 'auto' })
      if (axis !== 'x') Object.assign(button.style, { top: within(event.clientY - start.y, innerHeight - button.offsetHeight), bottom: 'auto' })
    })
    button.addEventListener('pointerup', () => { start = undefined })
  }

  if (document.body && (window.difyChatbotConfig?.dynamicScript || document.readyState !== 'loading')) embed()
  else addEventListener('DOMContentLoaded', embed)
})()
