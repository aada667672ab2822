/**
 * The example of nginx, with a server beside it whose clock goes on when somebody says so.
 *
 *   node test/examples/nginx-page.ts    writes the answers of its README anew
 */
import { cpSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { basename, join } from 'node:path';
import { listen } from '../../src/cli/listen.ts';
import { shownAs } from '../../kit/shown-answer.ts';
import { play, readPage, withAnswers } from '../../kit/transcript.ts';
import { runningClock } from '../../kit/clock.ts';
import { startNginx, type Nginx } from '../../kit/nginx.ts';
import { startServer, type Server } from '../../kit/server.ts';

const root = join(import.meta.dirname, '..', '..');
const example = join(root, 'examples', 'nginx');
const readme = join(example, 'README.md');

export type Place = AsyncDisposable & { readonly server: Server; readonly nginx: Nginx };

/** nginx with the example's own configuration, pages and site. */
export async function nginxExample(): Promise<Place> {
  const front = await listen('127.0.0.1', 0);
  const server = await startServer({ clock: runningClock(), registration: 'open' });
  front.open(server.countersign.listener);
  const nginx = await startNginx((folder, socket) => {
    for (const part of ['site', 'public']) cpSync(join(example, part), join(folder, part), { recursive: true });
    mkdirSync(join(folder, 'tmp'));
    const client = publishClient(folder);
    return readFileSync(join(example, 'nginx.conf'), 'utf8')
      .replace('listen 8080;', `listen unix:${socket};`)
      .replace('127.0.0.1:8000', `127.0.0.1:${front.port}`)
      .replace('../../dist/client/', `${client}/`);
  });
  return {
    server,
    nginx,
    async [Symbol.asyncDispose]() {
      await nginx[Symbol.asyncDispose]();
      await front.close(0);
      await server[Symbol.asyncDispose]();
    },
  };
}

/** The client as it is published: JavaScript and nothing else. */
function publishClient(folder: string): string {
  const published = join(folder, 'client');
  mkdirSync(published);
  for (const file of globSync(join(root, 'src/client/*.ts'))) {
    const text = stripTypeScriptTypes(readFileSync(file, 'utf8')).replace(/(from '\.\/[a-z-]+)\.ts'/g, "$1.js'");
    writeFileSync(join(published, basename(file).replace(/\.ts$/, '.js')), text);
  }
  return published;
}

/** What the commands of the README print, as it shows it. */
export async function answersOfNginx() {
  const { steps: all } = readPage(readFileSync(readme, 'utf8'));
  const steps = all.filter(({ command }) => !/\bnginx -p\b/.test(command));
  await using place = await nginxExample();
  const { url } = place.nginx;
  const printed = await play(
    steps.map(({ command }) => command.replaceAll('localhost:8080', 'localhost:8000')),
    url,
  );
  return { steps, answers: printed.map((text) => shownAs(text, url)) };
}

if (import.meta.main) {
  const { steps, answers } = await answersOfNginx();
  writeFileSync(readme, withAnswers(readFileSync(readme, 'utf8'), steps, answers));
}
