import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { base32Decode } from '../base/base32.ts';
import { createCountersign } from '../countersign.ts';
import { hotp } from '../factors/totp.ts';
import { createScene, type Scene } from './demo-scene.ts';
import { listen } from './listen.ts';

/** Shows a first login over HTTP against a temporary server, with the steps of the README. */
export async function demo(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-demo-'));
  const clean = () => rmSync(folder, { recursive: true, force: true });
  process.once('SIGINT', () => {
    clean();
    process.exit(130);
  });
  try {
    const front = await listen('127.0.0.1', 0);
    const url = `http://127.0.0.1:${front.port}`;
    const countersign = await createCountersign({
      database: `sqlite:${join(folder, 'countersign.db')}`,
      keysFile: join(folder, 'keys.json'),
      url,
      registration: 'open',
    });
    front.open(countersign.listener);
    await play(createScene(url));
    await front.close(0);
    await countersign.close();
  } finally {
    clean();
  }
  process.stdout.write('The temporary server and its data were deleted.\n');
}

const [name, password] = ['alice', 'correct horse battery staple'];
const basic = `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;

async function play({ say, title, request }: Scene): Promise<void> {
  title('A first login, on a temporary server.');
  const codes = await enrollApp({ say, request });

  say(
    'From now on her password alone is not enough. The answer is a challenge, and a token that can only answer that challenge.',
  );
  const first = await request('GET', '/auth/password', { authorization: basic, expect: 302, read: challenge });

  say(
    `The app's next code is ${codes.next}. (The demo does not wait 30 seconds for it, because a clock may be one step ahead.) The code logs her in.`,
  );
  const reply = { token: codes.next };
  await request('POST', '/auth/totp', { body: { challenge_token: first.challenge_token, ...reply }, expect: 200 });

  say('An attacker who saw that code and knows the password tries both a moment later.');
  const second = await request('GET', '/auth/password', { authorization: basic, expect: 302, read: challenge });
  await request('POST', '/auth/totp', { body: { challenge_token: second.challenge_token, ...reply }, expect: 401 });

  title('CommandFailed: every code works once.');
}

/** Registers a user and enrolls an authenticator app. Returns the codes that the app shows. */
async function enrollApp({ say, request }: Pick<Scene, 'say' | 'request'>): Promise<ReturnType<typeof codesOf>> {
  say('Alice registers with a password. The answer has a token for her session.');
  const user = await request('POST', '/users', {
    body: { name, password },
    expect: 201,
    read: z.object({ token: z.string() }),
  });
  const bearer = `Bearer ${user.token}`;

  say('She enrolls an authenticator app. The answer has its secret, as text and as the URL of a QR code.');
  const app = await request('POST', '/users/me/secrets', {
    authorization: bearer,
    body: { type: 'mfa', description: "Alice's phone" },
    expect: 200,
    read: z.object({ uid: z.string(), secret: z.object({ secret: z.string() }) }),
  });
  const codes = codesOf(app.secret.secret);

  say(`Her app shows ${codes.now}. Sending it confirms the app. The recovery codes are for a lost phone.`);
  await request('PUT', `/users/me/secrets/${app.uid}/enroll`, {
    authorization: bearer,
    body: { token: codes.now },
    expect: 200,
  });
  return codes;
}

const challenge = z.object({ challenge_token: z.string() });

/** The current code of an authenticator app with this seed, and the next one. */
function codesOf(seed: string): { readonly now: string; readonly next: string } {
  const key = base32Decode(seed);
  if (!key) throw new Error('the seed is not base32');
  const step = Math.floor(Date.now() / 30_000);
  const code = (at: number) => hotp(key, at, { algorithm: 'SHA1', digits: 6 });
  return { now: code(step), next: code(step + 1) };
}
