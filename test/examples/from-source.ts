/** Loaded before an example: what it imports as `countersign` is the source beside it, which nobody has built yet. */
import { registerHooks } from 'node:module';

const sources: Readonly<Record<string, string>> = {
  countersign: '../../src/index.ts',
  'countersign/client': '../../src/client/index.ts',
  'countersign/express': '../../src/client/express.ts',
  'countersign/fastify': '../../src/client/fastify.ts',
  'countersign/hono': '../../src/client/hono.ts',
};

registerHooks({
  resolve(specifier, context, next) {
    const source = sources[specifier];
    return source === undefined
      ? next(specifier, context)
      : { url: new URL(source, import.meta.url).href, shortCircuit: true };
  },
});
