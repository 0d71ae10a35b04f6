// What QuickJS gets before a program, so that it finds the part of Node that programs of code nodes use. Gaps are listed in
// docs/sandbox.md. Nothing here keeps a program in; that was done before.
((host) => {
  const define = (name, value) =>
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
  const show = (value, depth = 0) => {
    if (typeof value === 'string') return depth ? `'${value}'` : value;
    if (typeof value === 'function') return `[Function: ${value.name || '(anonymous)'}]`;
    if (typeof value === 'bigint') return `${value}n`;
    if (typeof value !== 'object' || value === null) return String(value);
    if (value instanceof Error) return text(value);
    if (depth > 2) return Array.isArray(value) ? '[Array]' : '[Object]';
    if (Array.isArray(value)) {
      return value.length ? `[ ${value.map((item) => show(item, depth + 1)).join(', ')} ]` : '[]';
    }
    const members = Object.entries(value).map(([key, item]) => `${key}: ${show(item, depth + 1)}`);
    return members.length ? `{ ${members.join(', ')} }` : '{}';
  };
  const text = (error) => (error instanceof Error ? `${error}\n${error.stack || ''}`.trimEnd() : show(error));
  const say = (stream) => (...values) => host.write(stream, values.map((value) => show(value)).join(' ') + '\n');
  define('console', { log: say(1), info: say(1), debug: say(1), error: say(2), warn: say(2), trace: say(2) });

  const timers = new Map();
  let last = 0;
  const start = (run, delay, values, again) => {
    timers.set((last += 1), { run, values, delay: Math.max(1, +delay || 0), again, due: host.now() + Math.max(1, +delay || 0) });
    return last;
  };
  const stop = (id) => { timers.delete(id); };
  define('setTimeout', (run, delay, ...values) => start(run, delay, values, false));
  define('setInterval', (run, delay, ...values) => start(run, delay, values, true));
  define('setImmediate', (run, ...values) => start(run, 0, values, false));
  for (const name of ['clearTimeout', 'clearInterval', 'clearImmediate']) define(name, stop);
  define('queueMicrotask', (run) => { Promise.resolve().then(run); });

  const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  const toBytes = (string) => {
    const bytes = [];
    for (const character of string) {
      const code = character.codePointAt(0);
      if (code < 0x80) bytes.push(code);
      else if (code < 0x800) bytes.push(0xc0 | (code >> 6), 0x80 | (code & 63));
      else if (code < 0x10000) bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
      else bytes.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 63), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
    }
    return bytes;
  };
  const fromBytes = (bytes) => {
    let string = '';
    for (let at = 0; at < bytes.length; ) {
      const first = bytes[at++];
      const more = first < 0x80 ? 0 : first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc0 ? 1 : -1;
      if (more < 0 || at + more > bytes.length) { string += '\ufffd'; continue; }
      let code = more === 0 ? first : first & (0x3f >> more);
      for (let left = more; left > 0; left -= 1) code = (code << 6) | (bytes[at++] & 63);
      string += code > 0x10ffff ? '\ufffd' : String.fromCodePoint(code);
    }
    return string;
  };
  const toBase64 = (bytes) => {
    let string = '';
    for (let at = 0; at < bytes.length; at += 3) {
      const three = (bytes[at] << 16) | ((bytes[at + 1] || 0) << 8) | (bytes[at + 2] || 0);
      string += LETTERS[three >> 18] + LETTERS[(three >> 12) & 63];
      string += at + 1 < bytes.length ? LETTERS[(three >> 6) & 63] : '=';
      string += at + 2 < bytes.length ? LETTERS[three & 63] : '=';
    }
    return string;
  };
  const fromBase64 = (string) => {
    const bytes = [];
    let bits = 0, count = 0;
    for (const letter of string.replace(/-/g, '+').replace(/_/g, '/')) {
      const value = LETTERS.indexOf(letter);
      if (value < 0) continue;
      bits = ((bits << 6) | value) & 0xffffff;
      if ((count += 6) >= 8) bytes.push((bits >> (count -= 8)) & 255);
    }
    return bytes;
  };
  const latin = (bytes) => Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
  define('atob', (string) => latin(fromBase64(String(string))));
  define('btoa', (string) => toBase64(Array.from(String(string), (character) => character.charCodeAt(0) & 255)));
  class Buffer extends Uint8Array {
    static from(value, encoding = 'utf8') {
      if (typeof value !== 'string') return Object.setPrototypeOf(Uint8Array.from(value), Buffer.prototype);
      const kind = String(encoding).toLowerCase();
      let bytes;
      if (kind.startsWith('base64')) bytes = fromBase64(value);
      else if (kind === 'hex') bytes = (value.match(/../g) || []).map((two) => parseInt(two, 16));
      else if (kind === 'latin1' || kind === 'binary' || kind === 'ascii') bytes = Array.from(value, (c) => c.charCodeAt(0) & 255);
      else bytes = toBytes(value);
      return Object.setPrototypeOf(Uint8Array.from(bytes), Buffer.prototype);
    }
    static alloc(length, fill = 0) { return Object.setPrototypeOf(new Uint8Array(length).fill(fill), Buffer.prototype); }
    static isBuffer(value) { return value instanceof Buffer; }
    static byteLength(value) { return Buffer.from(value).length; }
    static concat(all) { return Buffer.from(all.flatMap((one) => Array.from(one))); }
    toString(encoding = 'utf8') {
      const kind = String(encoding).toLowerCase();
      if (kind === 'base64url') return toBase64(this).replace(/\+/g, '-').replace(/\//g, '_').replace(/=/g, '');
      if (kind.startsWith('base64')) return toBase64(this);
      if (kind === 'hex') return Array.from(this, (byte) => byte.toString(16).padStart(2, '0')).join('');
      if (kind === 'latin1' || kind === 'binary' || kind === 'ascii') return latin(this);
      return fromBytes(this);
    }
  }
  define('Buffer', Buffer);
  define('TextEncoder', class TextEncoder { encode(value = '') { return Uint8Array.from(toBytes(String(value))); } });
  define('TextDecoder', class TextDecoder { decode(value = []) { return fromBytes(new Uint8Array(value.buffer || value)); } });
  define('structuredClone', (value) => JSON.parse(JSON.stringify(value)));
  define('global', globalThis);
  define('process', {
    env: {}, argv: ['node'], platform: 'linux', versions: {}, exitCode: undefined,
    exit: (code) => host.exit(Number(code ?? process.exitCode ?? 0) & 255),
    stdout: { write: (value) => { host.write(1, String(value)); return true; } },
    stderr: { write: (value) => { host.write(2, String(value)); return true; } },
    nextTick: (run, ...values) => { Promise.resolve().then(() => run(...values)); },
    hrtime: { bigint: () => BigInt(Math.round(host.now() * 1e6)) },
  });
  define('performance', { now: () => host.now() });
  define('require', (name) => {
    const module = String(name).replace(/^node:/, '');
    if (module === 'buffer') return { Buffer };
    if (module === 'process') return process;
    throw new Error(`Cannot find module '${name}': programs run without Node here`);
  });

  const rejected = new Map();
  return {
    failed: (error) => { host.write(2, `Uncaught ${text(error)}\n`); host.exit(1); },
    reject: (promise, reason, handled) => { if (handled) rejected.delete(promise); else rejected.set(promise, reason); },
    // Runs what is due. How long to wait for the next, in milliseconds; less than nothing: there is none.
    turn() {
      for (const reason of rejected.values()) this.failed(reason);
      const [id, timer] = [...timers].sort((a, b) => a[1].due - b[1].due)[0] ?? [];
      if (!timer) return -1;
      const wait = timer.due - host.now();
      if (wait > 0) return wait;
      if (timer.again) timer.due = host.now() + timer.delay; else timers.delete(id);
      try { timer.run(...timer.values); } catch (error) { this.failed(error); }
      return 0;
    },
    end: () => host.exit(Number(process.exitCode ?? 0) & 255),
  };
})
