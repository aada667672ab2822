// Sessions in memory, as an application of one process may have them.
import { randomUUID } from 'node:crypto';
import { getCookie, setCookie } from 'hono/cookie';

const kept = new Map();

export async function sessions(c, next) {
  const id = getCookie(c, 'session');
  c.set('session', {
    content: kept.get(id) ?? {},
    /** A new session for what is new in it, so that nobody goes on with one that they gave to somebody else. */
    begin(content) {
      kept.delete(id);
      const made = randomUUID();
      kept.set(made, content);
      setCookie(c, 'session', made, { httpOnly: true, sameSite: 'Lax', path: '/' });
    },
  });
  await next();
}
