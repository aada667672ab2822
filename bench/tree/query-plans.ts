/** docs/query-plans.md: the plans of frequent statements. `npm run docs` writes SQLite's part, the bench PostgreSQL's. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { openTree } from './tree-server.ts';
import { plansOf, type Planned } from './plans.ts';
import { buildTree, small } from './trees.ts';
import { temporaryFolder } from '../../kit/run-environment.ts';
import { clockAt } from '../../kit/clock.ts';

export const plansFile = 'docs/query-plans.md';

const head = `# Query plans

This page shows the plans of the statements of a login, an explanation and a page, in their order. A statement is under
the first request that uses it. Lists of columns are shortened to \`…\`, and inserts have no plan. Check that no table
that grows with users or audit events is scanned from end to end, and that no page sorts more rows than it has of each
kind. PostgreSQL scans a small table where a search would cost as much: here \`security\`, with 500 rows, and \`clients\`
and \`prompts\`, which are empty. A parameter of PostgreSQL stands for every other one of the same value.
[The bench](../bench/README.md#a-big-tree) measures the result.
`;

const postgresHeading = '\n## PostgreSQL\n';

/** The page up to PostgreSQL's part. SQLite plans without statistics, so the small tree is enough. */
export async function sqlitePart(): Promise<string> {
  using folder = temporaryFolder();
  const clock = clockAt('2026-12-01T00:00:00Z');
  const { place, tree } = await buildTree({ folder: folder.path, clock, tell: () => {} }, 'small', small);
  await using countersign = await openTree(place, tree, clock);
  return `${head}\n## SQLite\n\n${sectionOf(await plansOf(countersign, 'sqlite'))}`;
}

/** The two parts of the page as it is. */
export function currentParts(): { readonly sqlite: string; readonly postgres: string } {
  const page = existsSync(plansFile) ? readFileSync(plansFile, 'utf8') : '';
  const at = page.indexOf(postgresHeading);
  return at < 0 ? { sqlite: page, postgres: '' } : { sqlite: page.slice(0, at), postgres: page.slice(at) };
}

export function writePostgresPlans(how: string, planned: readonly Planned[]): void {
  writeFileSync(plansFile, `${currentParts().sqlite}${postgresHeading}\n${how}\n\n${sectionOf(planned)}`);
}

function sectionOf(planned: readonly Planned[]): string {
  return planned
    .map(({ request, statements }) => {
      const shown = statements.map(({ sql, plan }) =>
        [...linesOf(sql), ...plan.map((line) => `-- ${line}`)].join('\n'),
      );
      return `### ${request}\n\n\`\`\`sql\n${shown.join('\n\n')}\n\`\`\`\n`;
    })
    .join('\n');
}

/** A statement in lines, indented by nesting. */
function linesOf(sql: string): readonly string[] {
  let depth = 0;
  return sql
    .replaceAll('"', '')
    .replaceAll(/select [\w.* ,]{60,}? from /g, 'select … from ')
    .replaceAll(/ (from|inner join|where|order by|union all) /g, '\n$1 ')
    .replaceAll('(select', '(\nselect')
    .split('\n')
    .map((line) => {
      const indented = '  '.repeat(depth) + line;
      depth += line.split('(').length - line.split(')').length;
      return indented;
    });
}
