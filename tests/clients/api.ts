// A client whose types are nothing but what `openapi-typescript` made of our documents. It is compiled, so the
// documents must let each of these calls be written; and called, so the server must do what they say.
// Usage: node api.js URL. Prints one JSON object: what it learnt.
import createClient from 'openapi-fetch'
import type { paths as Api } from '../../openapi/ts/openapi-v1.js'
import type { paths as Console } from '../../openapi/ts/console-api.js'

const baseUrl = process.argv[2]
const api = createClient<Api>({ baseUrl })
const console_ = createClient<Console>({ baseUrl })

/** The data of an answer that must be a success. */
function done<T>(answer: { data?: T; error?: unknown; response: Response }): T {
  if (answer.data === undefined) throw new Error(`${answer.response.url}: ${answer.response.status} ${JSON.stringify(answer.error)}`)
  return answer.data
}

/** What `Set-Cookie` gives, as a browser would send it back. */
function cookies(response: Response): Map<string, string> {
  return new Map(response.headers.getSetCookie().map((line) => {
    const [name, ...value] = line.split(';')[0].split('=')
    return [name, value.join('=')]
  }))
}

done(await api.GET('/openapi/v1/_health'))
done(await console_.GET('/console/api/version', { params: { query: { current_version: '1.14.2' } } }))

// A request with its required members alone: what is optional may be left out.
const codes = done(await api.POST('/openapi/v1/oauth/device/code', { body: { client_id: 'difyctl' } }))
const pending = await api.POST('/openapi/v1/oauth/device/token', { body: { device_code: codes.device_code } })
const lookup = await api.GET('/openapi/v1/oauth/device/lookup', { params: { query: { user_code: codes.user_code } } })

const login = await console_.POST('/console/api/login', { body: { email: 'owner@example.com', password: btoa('Passw0rd1') } })
done(login)
const jar = new Map([...cookies(login.response), ...cookies(lookup.response)])
const headers = {
  Cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; '),
  'X-CSRF-Token': jar.get('csrf_token') ?? '',
}
const profile = done(await console_.GET('/console/api/account/profile', { headers }))
const members = done(await console_.GET('/console/api/workspaces/current/members', { headers }))
done(await api.POST('/openapi/v1/oauth/device/approve', { body: { user_code: codes.user_code }, headers }))

// Another code for the pick-up: the first poll was a second ago, and the next would be too early.
const token = await (async () => {
  for (;;) {
    const poll = await api.POST('/openapi/v1/oauth/device/token', { body: { device_code: codes.device_code, client_id: 'difyctl' } })
    if (poll.data) return poll.data
    if (poll.error.error !== 'slow_down') throw new Error(poll.error.error)
    await new Promise((resolve) => setTimeout(resolve, 1000 * (poll.error.interval ?? 5)))
  }
})()
const bearer = { Authorization: `Bearer ${token.token}` }
const account = done(await api.GET('/openapi/v1/account', { headers: bearer }))
const sessions = done(await api.GET('/openapi/v1/account/sessions', { headers: bearer }))
const paged = done(await api.GET('/openapi/v1/account/sessions', { headers: bearer, params: { query: { page: 1, limit: 1 } } }))
const workspaces = done(await api.GET('/openapi/v1/workspaces', { headers: bearer }))
const workspace_id = workspaces.workspaces[0].id
const events = done(await api.GET('/openapi/v1/workspaces/{workspace_id}/audit-events', {
  headers: bearer,
  params: { path: { workspace_id }, query: { limit: 5 } },
}))
const refused = await api.GET('/openapi/v1/account', { headers: { Authorization: 'Bearer dfoa_nothing' } })

console.log(JSON.stringify({
  email: profile.email,
  member: members.accounts[0].email,
  pending: pending.error?.error,
  valid: lookup.data?.valid,
  token_type: token.token_type,
  subject: account.subject_email,
  sessions: sessions.total,
  paged: paged.data.length,
  events: events.data.length,
  refused: refused.error?.code,
  refused_status: refused.error?.status,
}))
