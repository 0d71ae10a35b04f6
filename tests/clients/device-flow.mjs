// A device-flow client that we did not write (openid-client) logs in knowing nothing but the issuer.
// Usage: node device-flow.mjs ISSUER. Prints one JSON object a line; polls until it has a token, then
// calls the API with it.
import * as client from 'openid-client'

const say = (event) => console.log(JSON.stringify(event))
const config = await client.discovery(new URL(process.argv[2]), 'difyctl', undefined, client.None(), {
  algorithm: 'oauth2',
  execute: [client.allowInsecureRequests],
})
const tokenEndpoint = config.serverMetadata().token_endpoint
config[client.customFetch] = async (url, options) => {
  const response = await fetch(url, options)
  if (url === tokenEndpoint) {
    const body = await response.clone().json()
    say({ poll: response.status, error: body.error })
  }
  return response
}
const device = await client.initiateDeviceAuthorization(config, {})
say({ user_code: device.user_code, device_code: device.device_code, verification_uri: device.verification_uri, interval: device.interval })
const tokens = await client.pollDeviceAuthorizationGrant(config, device)
say({ token_type: tokens.token_type, expires_in: tokens.expires_in })
const account = await client.fetchProtectedResource(
  config, tokens.access_token, new URL('/openapi/v1/account', process.argv[2]), 'GET')
say({ account: await account.json() })
await client.tokenRevocation(config, tokens.access_token)
const after = await client
  .fetchProtectedResource(config, tokens.access_token, new URL('/openapi/v1/account', process.argv[2]), 'GET')
  .then((response) => response.status, (error) => error.status ?? error.cause?.status ?? String(error))
say({ after_revocation: after })
