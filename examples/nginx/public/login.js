// Logs in with a password and a code, or with a code alone where there is a session that has to step up.
import { createClient } from '/client/index.js';

const client = createClient({ url: new URL('/auth', location.href) });
const [password, code, said] = ['password', 'code', 'said'].map((id) => document.getElementById(id));
const session = /(?:^|; )session=([^;]+)/.exec(document.cookie)?.[1];

/** The open challenge and its user. */
let asked;

if (session === undefined) password.hidden = false;
else await stepUp(client.as(session));

password.addEventListener('submit', async (event) => {
  event.preventDefault();
  const login = await client.sessions.logIn(Object.fromEntries(new FormData(password)));
  if (!login.ok) return say(login.detail);
  if ('token' in login.value) return enter(login.value.token);
  ask(client.as(login.value.mfa_token), 'current');
});

code.addEventListener('submit', async (event) => {
  event.preventDefault();
  const verified = await asked.client.challenges.verify(asked.id, { code: new FormData(code).get('code') });
  if (!verified.ok) return say(verified.detail);
  enter(verified.value.token);
});

async function stepUp(own) {
  const challenge = await own.challenges.create({});
  if (!challenge.ok) return startAgain();
  if (challenge.value.state === 'not_required') return say('This needs a second factor, and you have none yet.');
  ask(own, challenge.value.id);
}

/** The session has ended. */
function startAgain() {
  document.cookie = 'session=; Path=/; Max-Age=0';
  password.hidden = false;
}

function ask(by, id) {
  asked = { client: by, id };
  [password.hidden, code.hidden] = [true, false];
  say('Type the code that your authenticator app shows.');
}

function say(text) {
  said.textContent = text;
}

function enter(token) {
  const secure = location.protocol === 'https:' ? '; Secure' : '';
  document.cookie = `session=${token}; Path=/; SameSite=Strict${secure}`;
  const to = new URL(new URLSearchParams(location.search).get('to') ?? '/', location.href);
  // A link to this page must not redirect to another site.
  location.assign(to.origin === location.origin ? to : '/');
}
