import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { version } from '../src/base/version.ts';
import { routesOf } from '../src/http/doors/index.ts';
import { systemRoutes } from '../src/http/doors/system/system.ts';
import { openApiDocument } from '../src/http/describe/openapi.ts';
import { configurationFile, configurationPage } from './configuration.ts';
import { clientFactors, clientFactorsFile } from './client-factors.ts';
import { errorsFile, errorsPage } from './errors-page.ts';
import { currentParts, plansFile, sqlitePart } from '../bench/tree/query-plans.ts';

/**
 * Writes docs/openapi.json from the route table, docs/configuration.md from the variables, docs/errors.md from the problem codes,
 * docs/query-plans.md from SQLite's plans and the client's factors from the registry. With `--check` it reports which files are out of date instead.
 */
const file = 'docs/openapi.json';
const about = { version, url: 'http://localhost:8000' };
const routes = systemRoutes(routesOf(), { ...about, metrics: () => '' });
const document = `${JSON.stringify(openApiDocument(routes, about), null, 2)}\n`;
const plans = await sqlitePart();
const types = clientFactors();
const configuration = configurationPage();

if (process.argv.includes('--check')) {
  const faults = [
    ...stale(file, document),
    ...stale(configurationFile, configuration),
    ...stale(errorsFile, errorsPage()),
    ...stale(clientFactorsFile, types),
    ...stalePlans(),
    ...deadLinks(),
  ];
  for (const fault of faults) console.error(fault);
  process.exitCode = faults.length > 0 ? 1 : 0;
} else {
  writeFileSync(file, document);
  writeFileSync(configurationFile, configuration);
  writeFileSync(errorsFile, errorsPage());
  writeFileSync(clientFactorsFile, types);
  writeFileSync(plansFile, `${plans}${currentParts().postgres}`);
}

function stale(path: string, made: string): readonly string[] {
  const current = existsSync(path) ? readFileSync(path, 'utf8') : '';
  return current === made ? [] : [`${path} is out of date: run npm run docs`];
}

function stalePlans(): readonly string[] {
  return currentParts().sqlite === plans ? [] : [`${plansFile} is out of date: run npm run docs`];
}

/** Links in the pages whose target does not exist. */
function deadLinks(): readonly string[] {
  const pages = globSync(['*.md', 'docs/**/*.md', 'bench/*.md', 'examples/**/*.md']);
  return pages.flatMap((page) =>
    [...readFileSync(page, 'utf8').matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)]
      .map(([, link = '']) => link)
      .filter((link) => !existsSync(join(dirname(page), link)))
      .map((link) => `${page}: broken link ${link}`),
  );
}
