/** A minimal server on the same HTTP stack as Countersign. */
import { serve } from '@hono/node-server';
import { Hono } from 'hono';

const app = new Hono();
app.get('/users/me', (c) => c.json({ hello: 'world' }));

serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => {
  process.stdout.write(`hello listening on http://localhost:${port}\n`);
});
