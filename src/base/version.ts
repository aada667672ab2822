import { readFileSync } from 'node:fs';

/** What package.json says, which lies two folders above this file in src and in dist. */
const manifest = new URL('../../package.json', import.meta.url);

export const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
