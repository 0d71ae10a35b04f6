// Mail servers that we did not write (smtp-server), for the end-to-end tests: one in clear, one with
// STARTTLS and a sign-in, one with TLS. Prints `ready`, then where they are. Commands on standard input:
//   mails    everything that came in, as a JSON list of base64
//   count    how many that is
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import selfsigned from 'selfsigned'
import { SMTPServer } from 'smtp-server'

// An authority, and a certificate from it.
const authority = await selfsigned.generate([{ name: 'commonName', value: 'Test authority' }], {
  keySize: 2048,
  algorithm: 'sha256',
  extensions: [
    { name: 'basicConstraints', cA: true, critical: true },
    { name: 'keyUsage', keyCertSign: true, critical: true },
  ],
})
const pems = await selfsigned.generate([{ name: 'commonName', value: 'localhost' }], {
  keySize: 2048,
  algorithm: 'sha256',
  ca: { key: authority.private, cert: authority.cert },
  extensions: [
    { name: 'basicConstraints', cA: false },
    { name: 'keyUsage', digitalSignature: true, keyEncipherment: true },
    { name: 'extKeyUsage', serverAuth: true },
    { name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] },
  ],
})
const ca = join(mkdtempSync(join(tmpdir(), 'gw-ca-')), 'ca.pem')
writeFileSync(ca, authority.cert)

const mails = []
function onData(stream, session, done) {
  const parts = []
  stream.on('data', (part) => parts.push(part))
  stream.on('end', () => {
    mails.push(Buffer.concat(parts).toString('base64'))
    done()
  })
}

function onRcptTo(address, session, done) {
  const error = Object.assign(new Error('no such mailbox'), { responseCode: 550 })
  done(address.address.startsWith('nobody-here') ? error : null)
}

const common = { onData, onRcptTo, logger: false, key: pems.private, cert: pems.cert, authOptional: true }
const plain = new SMTPServer({ ...common, disabledCommands: ['STARTTLS', 'AUTH'] })
const starttls = new SMTPServer({
  ...common,
  authOptional: false,
  onAuth: ({ username, password }, session, done) =>
    username === 'gatewright' && password === 's3cret-mail'
      ? done(null, { user: username })
      : done(new Error('Invalid username or password')),
})
const tls = new SMTPServer({ ...common, secure: true })

function listen(server) {
  server.on('error', () => {})
  return new Promise((resolve) => {
    const listening = server.listen(0, '127.0.0.1', () => resolve(listening.address().port))
  })
}
const told = { plain: await listen(plain), starttls: await listen(starttls), tls: await listen(tls), ca }
console.log('ready')
console.log(JSON.stringify(told))
createInterface({ input: process.stdin })
  .on('line', (line) => console.log(line === 'count' ? String(mails.length) : JSON.stringify(mails)))
  .on('close', () => {
    rmSync(dirname(ca), { recursive: true })
    process.exit(0)
  })
