import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { version } from '../src/base/version.ts';
import { routesOf } from '../src/http/doors/index.ts';
import { houseRoutes } from '../src/http/doors/house.ts';
import { openApiDocument } from '../src/http/openapi.ts';
import { keptParts, plansFile, sqlitePart } from './query-plans.ts';

/** Writes docs/openapi.json from the route table and docs/query-plans.md from what SQLite says; with `--check` says instead what in the documents is not true any more. */
const file = 'docs/openapi.json';
const about = { version, url: 'http://localhost:8000' };
const routes = houseRoutes(routesOf(), { ...about, metrics: () => '' });
const document = `${JSON.stringify(openApiDocument(routes, about), null, 2)}\n`;
const plans = await sqlitePart();

if (process.argv.includes('--check')) {
  const faults = [...staleDocument(), ...stalePlans(), ...deadLinks()];
  for (const fault of faults) console.error(fault);
  process.exitCode = faults.length > 0 ? 1 : 0;
} else {
  writeFileSync(file, document);
  writeFileSync(plansFile, `${plans}${keptParts().postgres}`);
}

function staleDocument(): readonly string[] {
  const kept = existsSync(file) ? readFileSync(file, 'utf8') : '';
  return kept === document ? [] : [`${file} does not say what the routes say: run npm run docs`];
}

function stalePlans(): readonly string[] {
  return keptParts().sqlite === plans ? [] : [`${plansFile} does not say how SQLite answers: run npm run docs`];
}

/** Links between the pages, and from them to the code, that lead nowhere. */
function deadLinks(): readonly string[] {
  const pages = globSync(['*.md', 'docs/**/*.md', 'bench/*.md', 'examples/**/*.md']);
  return pages.flatMap((page) =>
    [...readFileSync(page, 'utf8').matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)]
      .map(([, link = '']) => link)
      .filter((link) => !existsSync(join(dirname(page), link)))
      .map((link) => `${page} links to ${link}, which is not there`),
  );
}
