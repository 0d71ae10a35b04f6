// The page at /device. Texts from the server only ever become text nodes; of a link, only codes are used.
'use strict';

const API = '/openapi/v1/oauth/device';
const TEXTS = {
  en: {
    title: 'Connect a device', enter: 'Type the code that your device shows', continue: 'Continue', code: 'Code',
    account: 'With an account here', external: 'Without an account here', email: 'E-mail', password: 'Password', signin: 'Sign in', with: 'Sign in with ',
    asks: 'A program asks to act for you. Does your device show this very code?', client: 'Program', identity: 'You are',
    provider: 'According to', approve: 'Approve', deny: 'Deny',
    warning: 'If somebody sent you this code or a link, refuse: they would get in as you.',
    approved: 'Done. You can go back to your device.', denied: 'Refused. Nobody was let in.',
    expired: 'This code is unknown or has expired. Start again on your device.',
    rate_limited: 'Too many attempts. Wait a few minutes.', authentication_failed: 'Wrong e-mail or password.',
    email_belongs_to_dify_account: 'This e-mail address belongs to an account here: sign in with that account instead.',
    email_not_verified: 'Your identity provider has not verified your e-mail address. Ask its administrator.',
    access_denied: 'Your identity provider did not sign you in.',
    invalid_sso_assertion: 'This sign-in has expired or began in another browser. Type the code again.',
    sso_initiate_failed: 'The identity provider does not answer. Try again in a few minutes.',
    sso_provider_unavailable: 'The identity provider does not answer. Try again in a few minutes.',
    provider_unavailable: 'The identity provider does not answer. Try again in a few minutes.',
    invalid_user_code: 'This code is unknown or has expired, or you came by a link: type the code here.',
    user_code_not_pending: 'This code has expired or was used. Start again on your device.',
    not_linked: 'There is an account with this e-mail address. Sign in with its password and connect the provider there.',
    registration_closed: 'There is no account for you here, and registration is closed. Ask your administrator.',
    no_workspace: 'You have no workspace here. Ask your administrator to invite you.', account_banned: 'This account is locked.',
    session: 'Your sign-in has ended. Type the code again.', other: 'Something went wrong. Try again.',
  },
  zh: {
    title: '连接设备', enter: '请输入设备上显示的代码', continue: '继续', code: '代码', account: '使用本站账号', external: '没有本站账号', email: '邮箱',
    password: '密码', signin: '登录', with: '登录方式:', asks: '有程序请求代表您操作。您的设备是否正显示此代码?', client: '程序',
    identity: '您的身份', provider: '身份来源', approve: '批准', deny: '拒绝',
    warning: '如果此代码或链接是别人发给您的,请拒绝:对方将以您的身份登录。',
    approved: '完成。您可以返回设备。', denied: '已拒绝。没有授权任何人。', expired: '代码不存在或已过期,请在设备上重新开始。',
    rate_limited: '尝试次数过多,请稍等几分钟。', authentication_failed: '邮箱或密码错误。',
    email_belongs_to_dify_account: '该邮箱属于本站账号,请改用账号登录。', email_not_verified: '身份提供方尚未验证您的邮箱,请联系其管理员。',
    access_denied: '身份提供方未让您登录。', invalid_sso_assertion: '登录已过期或在其他浏览器中开始,请重新输入代码。',
    sso_initiate_failed: '身份提供方没有响应,请稍后再试。', sso_provider_unavailable: '身份提供方没有响应,请稍后再试。',
    provider_unavailable: '身份提供方没有响应,请稍后再试。',
    invalid_user_code: '代码不存在或已过期;如果您是通过链接进入,请在此输入代码。',
    user_code_not_pending: '代码已过期或已使用,请在设备上重新开始。', not_linked: '该邮箱已有账号,请用密码登录后再绑定身份提供方。',
    registration_closed: '没有您的账号,且未开放注册,请联系管理员。', no_workspace: '您没有工作空间,请联系管理员邀请您。',
    account_banned: '该账号已被锁定。', session: '登录已结束,请重新输入代码。', other: '出错了,请重试。',
  },
};
const language = navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en';
const say = (key) => (Object.hasOwn(TEXTS[language], key) ? TEXTS[language][key] : TEXTS[language].other);
const find = (id) => document.getElementById(id);
const query = new URLSearchParams(location.search);
let decide = null;

document.documentElement.lang = language;
document.title = say('title');
for (const node of document.querySelectorAll('[data-text]')) node.textContent = say(node.dataset.text);

function show(section) {
  for (const id of ['enter', 'choose', 'consent', 'done']) find(id).hidden = id !== section;
  // Approving takes a deliberate click: its button is never focused for anybody.
  if (section !== 'consent') find(section).querySelector('input, button')?.focus();
}

function fail(code) {
  find('error').textContent = say(code);
  find('error').hidden = false;
}

function fill(values) {
  for (const [name, value] of Object.entries(values)) {
    for (const node of document.querySelectorAll(`[data-show=${name}]`)) {
      node.textContent = value;
      if (node.tagName === 'DD') node.hidden = node.previousElementSibling.hidden = !value;
    }
  }
}

async function call(path, options = {}) {
  const answer = await fetch(path, { credentials: 'same-origin', ...options });
  let body = {};
  try { body = await answer.json(); } catch { /* no body */ }
  return { status: answer.status, ok: answer.ok, body };
}

const post = (path, body, csrf) => call(path, {
  method: 'POST',
  headers: { 'Content-Type': 'application/json', ...(csrf ? { 'X-CSRF-Token': csrf } : {}) },
  body: JSON.stringify(body),
});

function csrfCookie() {
  const pair = document.cookie.split('; ').find((one) => /^(__Host-)?csrf_token=/.test(one));
  return pair ? pair.slice(pair.indexOf('=') + 1) : '';
}

function finish(answer, outcome) {
  if (answer.ok) {
    find('error').hidden = true;
    find('outcome').textContent = say(outcome);
    return show('done');
  }
  const code = typeof answer.body.error === 'string' ? answer.body.error : '';
  if (answer.status === 429) return fail('rate_limited');
  if (['no_session', 'invalid_session', 'session_already_consumed', 'csrf_mismatch'].includes(code)) return fail('session');
  if (['expired_or_unknown', 'already_resolved'].includes(code)) return fail('user_code_not_pending');
  fail(code);
}

// --- with an account -------------------------------------------------------------------------

async function consentAsAccount(code, client) {
  const csrf = csrfCookie();
  if (!csrf) return false;
  const profile = await call('/console/api/account/profile', { headers: { 'X-CSRF-Token': csrf } });
  if (!profile.ok) return false;
  fill({ code, client, identity: profile.body.email, provider: '' });
  decide = async (verdict) => finish(await post(`${API}/${verdict}`, { user_code: code }, csrfCookie()),
    verdict === 'approve' ? 'approved' : 'denied');
  show('consent');
  return true;
}

// --- without one -------------------------------------------------------------------------------

async function consentAsExternal() {
  const context = await call(`${API}/approval-context`);
  if (!context.ok) { fail('session'); return show('enter'); }
  const { user_code: code, csrf_token: csrf, subject_email: identity, subject_issuer: provider } = context.body;
  const lookup = await call(`${API}/lookup?user_code=${encodeURIComponent(code)}`);
  fill({ code, identity, provider, client: lookup.body.client_id || '' });
  decide = async (verdict) => {
    // There is no external deny: a grant that nobody uses ends by itself.
    if (verdict === 'deny') { find('outcome').textContent = say('denied'); return show('done'); }
    finish(await post(`${API}/approve-external`, { user_code: code }, csrf), 'approved');
  };
  show('consent');
}

function offer(where, label, leave) {
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = say('with') + label;
  button.addEventListener('click', leave);
  find(where).append(button);
}

function offerProviders({ identity_providers: named = [], webapp_auth: sso }, code) {
  find('providers').replaceChildren();
  find('account-providers').replaceChildren();
  const initiate = (more) => location.assign(`${API}/sso-initiate?${new URLSearchParams({ user_code: code, ...more })}`);
  find('sso').hidden = !sso?.allow_sso;
  if (!named.length) offer('providers', 'SSO', () => initiate({}));
  for (const { name, label } of named) {
    offer('providers', label, () => initiate({ provider: name }));
    offer('account-providers', label, () => {
      // Whoever comes back finds the code filled in.
      sessionStorage.setItem('code', code);
      location.assign(`/console/api/oauth/login/${encodeURIComponent(name)}`);
    });
  }
}

async function choose(code, client) {
  fill({ code });
  const { body: features } = await call('/console/api/system-features');
  offerProviders(features, code);
  find('signin').onsubmit = async (event) => {
    event.preventDefault();
    const bytes = new TextEncoder().encode(find('password').value);
    const answer = await post('/console/api/login', { email: find('email').value, password: btoa(String.fromCharCode(...bytes)) });
    find('error').hidden = true;
    if (answer.status === 429) return fail('rate_limited');
    if (!answer.ok) return fail(answer.body.code);
    if (answer.body.result !== 'success') return fail('no_workspace');
    if (!await consentAsAccount(code, client)) fail('other');
  };
  show('choose');
}

find('enter').addEventListener('submit', async (event) => {
  event.preventDefault();
  find('error').hidden = true;
  const typed = find('user-code').value;
  const answer = await call(`${API}/lookup?user_code=${encodeURIComponent(typed)}`);
  if (answer.status === 429) return fail('rate_limited');
  if (answer.status >= 500) return fail('other');
  if (!answer.body.valid) return fail('expired');
  const plain = typed.toUpperCase().replace(/[^A-Z0-9]/g, '');
  const code = `${plain.slice(0, 4)}-${plain.slice(4)}`;
  if (!await consentAsAccount(code, answer.body.client_id)) await choose(code, answer.body.client_id);
});

find('approve').addEventListener('click', () => decide('approve'));
find('deny').addEventListener('click', () => decide('deny'));

// --- how one arrives ---------------------------------------------------------------------------

if (query.get('sso_error')) fail(query.get('sso_error'));
find('user-code').value = (query.get('user_code') || sessionStorage.getItem('code') || '').slice(0, 24);
sessionStorage.removeItem('code');
if (query.size) history.replaceState(null, '', '/device');
if (query.get('sso_verified') === '1') consentAsExternal(); else show('enter');
