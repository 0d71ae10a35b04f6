// The API of web apps, as any client of it calls it: a passport in a header, no cookie. The passport is kept in the browser, where the
// page may keep something, so that a visitor finds their conversations again.
export class ApiError extends Error {
  constructor(status, code, message) {
    super(message)
    this.status = status
    this.code = code
  }
}

const memory = new Map()

// What the browser keeps for this page; in a frame of another site it may keep nothing, and the page does for its time.
export const kept = {
  get(key) { try { return localStorage.getItem(key) ?? memory.get(key) ?? null } catch { return memory.get(key) ?? null } },
  set(key, value) {
    memory.set(key, value)
    try { localStorage.setItem(key, value) } catch { /* It is kept in memory. */ }
  },
  remove(key) {
    memory.delete(key)
    try { localStorage.removeItem(key) } catch { /* There is nothing to forget. */ }
  },
}

export class Api {
  constructor(code, user) {
    this.code = code
    this.user = user
    this.key = `gatewright:${code}:${user ?? ''}`
  }

  // The passport; one for all that ask while it is on its way.
  passport() {
    const known = kept.get(this.key)
    if (known) return Promise.resolve(known)
    this.coming ??= this.welcome().finally(() => { this.coming = undefined })
    return this.coming
  }

  async welcome() {
    const query = this.user ? `?user_id=${encodeURIComponent(this.user)}` : ''
    const answer = await fetch(`/api/passport${query}`, { headers: { 'X-App-Code': this.code }, credentials: 'omit' })
    if (!answer.ok) throw await problem(answer)
    const passport = (await answer.json()).access_token
    kept.set(this.key, passport)
    return passport
  }

  // An answer that is a success. A passport that is no longer good is replaced once.
  async fetch(method, path, { body, signal } = {}, isAgain = false) {
    const headers = { 'X-App-Code': this.code, 'X-App-Passport': await this.passport() }
    const isForm = body instanceof FormData
    if (body && !isForm) headers['Content-Type'] = 'application/json'
    const sent = isForm || !body ? body : JSON.stringify(body)
    const answer = await fetch(path, { method, headers, body: sent, signal, credentials: 'omit' })
    if (answer.ok) return answer
    if (answer.status === 401 && !isAgain) {
      kept.remove(this.key)
      return this.fetch(method, path, { body, signal }, true)
    }
    throw await problem(answer)
  }

  async call(method, path, body) {
    const answer = await this.fetch(method, path, { body })
    return answer.status === 204 ? undefined : answer.json()
  }

  get(path) { return this.call('GET', path) }

  // The events of a stream, one by one.
  async * events(method, path, body, signal) {
    const answer = await this.fetch(method, path, { body, signal })
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader()
    let rest = ''
    for (;;) {
      const { value, done } = await reader.read()
      if (done) return
      rest += value
      const parts = rest.split('\n\n')
      rest = parts.pop()
      for (const part of parts) {
        const data = part.split('\n').filter((line) => line.startsWith('data:')).map((line) => line.slice(5).trimStart())
        if (data.length) yield JSON.parse(data.join('\n'))
      }
    }
  }
}

async function problem(answer) {
  const told = await answer.json().catch(() => ({}))
  return new ApiError(answer.status, told.code ?? '', told.message ?? `HTTP ${answer.status}`)
}
