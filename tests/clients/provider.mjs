// A certified OpenID provider that we did not write (oidc-provider), for the end-to-end tests.
// Usage: node provider.mjs PORT REDIRECT_URI. Whoever signs in is what they type as their login;
// addresses that begin with `unverified` are not verified. Takes commands on standard input:
//   rotate           signs with another key from now on
//   audience NAME    issues ID tokens for somebody else, properly signed
//   in-token         puts the address into the ID token instead of behind userinfo
import { createServer } from 'node:http'
import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { createInterface } from 'node:readline'
import { SignJWT, decodeJwt, importJWK } from 'jose'
import Provider from 'oidc-provider'

console.info = console.warn = console.error
const [port, redirectUri] = process.argv.slice(2)
const issuer = `http://127.0.0.1:${port}`
let audience
let conformIdTokenClaims = true
let key

function newKey() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  key = { ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), use: 'sig', alg: 'RS256' }
}

// What is issued outlives a change of keys: one store for every instance.
const stored = new Map()
class Store {
  constructor(model) { this.model = model }
  key(id) { return `${this.model}:${id}` }
  async upsert(id, payload) { stored.set(this.key(id), payload) }
  async find(id) { return stored.get(this.key(id)) }
  async findByUid(uid) { return [...stored.values()].find((payload) => payload.kind === this.model && payload.uid === uid) }
  async consume(id) { stored.get(this.key(id)).consumed = Math.floor(Date.now() / 1000) }
  async destroy(id) { stored.delete(this.key(id)) }
  async revokeByGrantId(grantId) {
    for (const [key, payload] of stored) if (payload.grantId === grantId) stored.delete(key)
  }
}

const account = (id) => ({
  accountId: id,
  claims: () => ({ sub: id, email: id, email_verified: !id.startsWith('unverified'), name: `Name of ${id}` }),
})

function start() {
  const provider = new Provider(issuer, {
    clients: [{
      client_id: 'gatewright', client_secret: 'a-secret-of-the-tests', redirect_uris: [redirectUri],
      grant_types: ['authorization_code'], response_types: ['code'],
    }],
    adapter: Store,
    jwks: { keys: [key] },
    pkce: { required: () => true },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    conformIdTokenClaims,
    findAccount: (_, id) => account(id),
    cookies: { keys: ['not a secret'] },
    features: { devInteractions: { enabled: true } },
  })
  provider.use(async (ctx, next) => {
    await next()
    if (audience && ctx.path === '/token' && ctx.body?.id_token) {
      const claims = { ...decodeJwt(ctx.body.id_token), aud: audience }
      ctx.body = {
        ...ctx.body,
        id_token: await new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: key.kid }).sign(await importJWK(key, 'RS256')),
      }
    }
  })
  return provider.callback()
}

newKey()
let handle = start()
createServer((request, response) => handle(request, response)).listen(Number(port), '127.0.0.1', () => console.log('ready'))
createInterface({ input: process.stdin }).on('line', (line) => {
  const [command, argument] = line.split(' ')
  if (command === 'rotate') newKey()
  if (command === 'audience') audience = argument
  if (command === 'in-token') conformIdTokenClaims = false
  if (command !== 'audience') handle = start()
  console.log('done')
})
