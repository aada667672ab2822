// Sessions in memory, for an application of one process.
import { randomUUID } from 'node:crypto';
import { getCookie, setCookie } from 'hono/cookie';

const kept = new Map();

export async function sessions(c, next) {
  const id = getCookie(c, 'session');
  c.set('session', {
    content: kept.get(id) ?? {},
    /** A new session at each login, against session fixation. */
    begin(content) {
      kept.delete(id);
      const made = randomUUID();
      kept.set(made, content);
      setCookie(c, 'session', made, { httpOnly: true, sameSite: 'Lax', path: '/' });
    },
  });
  await next();
}
