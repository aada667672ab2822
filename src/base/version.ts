import { readFileSync } from 'node:fs';

/** `package.json` is two folders above this file, both in `src` and in `dist`. */
const manifest = new URL('../../package.json', import.meta.url);

export const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
