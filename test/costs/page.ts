/** docs/costs.md: what requests cost. Each database writes its own columns, and those that hold for both. */
import type { Flavour } from '../../src/store/store.ts';
import type { Figure } from './measure.ts';

export const costsFile = 'docs/costs.md';

const head = `# What requests cost

This page has the number of SQL statements, transactions and password hashes of each request. They are counted, not
timed, so they are the same on every machine; [performance](performance.md) has the times. A test makes these requests
on SQLite and on PostgreSQL and fails if a figure is higher or lower than here. \`npm run docs:costs\` counts again and
writes this page.

**A commit that raises a figure gives the reason.** Every user pays for it at every such request, and a growth without a
reason is usually a row that is read twice or a transaction that was split by mistake.

| column | means |
| --- | --- |
| status | the HTTP status of the response |
| statements | SQL statements that reach the database's driver, without those that begin and end transactions |
| begin, end | \`begin\`, \`commit\` and \`rollback\`; savepoints would count here too, but none are used |
| round trips | how often the request waits for PostgreSQL. No statements are sent together, so this is the sum of the two columns before. SQLite runs inside the process and has none |
| commits | committed transactions that changed a row, and changes outside of a transaction. Each waits for the disk |
| argon2id | passwords that are hashed or compared with a hash. At the default cost each takes about 15 ms of one CPU and 19 MiB |

Each request is made once before it is counted, for another user, so statements are prepared and caches are filled. Each
of the sixteen chains of the account's audit log has an entry already, because the first entry of a chain takes more
statements. The clock is the test's, and no request waits for another. A wrong password or code is the user's first.
Requests to Duo and message gateways are not counted.

Compared with the 0.1.0 release:

- Each login reads its policy before it looks for the user, so that a disabled login method reveals nothing: one
  statement.
- The response of Duo completes a login only if the policy of that moment still requires Duo: one statement.
- An enrollment by a session reads whether policy requires Duo of its user: one statement when it begins, and one when
  it is confirmed. The confirmation also reads the policies that say what the factor proves and how long the next token
  lives: two statements. Below \`/mfa\` the confirmation also upgrades the current access token: one more.
`;

type Column = {
  readonly title: string;
  /** The database that it holds for; both when absent. */
  readonly of?: Flavour;
  readonly read: (figure: Figure) => string | number;
};

const columns: readonly Column[] = [
  { title: 'request', read: ({ request }) => request },
  { title: 'route', read: ({ route }) => `\`${route}\`` },
  { title: 'status', read: ({ status }) => status },
  { title: 'statements, SQLite', of: 'sqlite', read: ({ statements }) => statements },
  { title: 'statements, PostgreSQL', of: 'postgres', read: ({ statements }) => statements },
  { title: 'begin, end', read: ({ transactions }) => transactions },
  {
    title: 'round trips, PostgreSQL',
    of: 'postgres',
    read: ({ statements, transactions }) => statements + transactions,
  },
  { title: 'commits', read: ({ commits }) => commits },
  { title: 'argon2id', read: ({ hashes }) => hashes },
];

const lineOf = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`;

/** The page with what one database was counted to do; what holds for the other one alone stays. */
export function pageWith(kept: string, figures: readonly Figure[], flavour: Flavour): string {
  const sections = [...Map.groupBy(figures, ({ section }) => section)].map(([section, rows]) => {
    const titles = [lineOf(columns.map(({ title }) => title)), lineOf(columns.map(() => '---'))];
    const lines = rows.map((figure) => lineOf(cellsOf(kept, figure, flavour)));
    return `\n## ${section}\n\n${[...titles, ...lines].join('\n')}\n`;
  });
  return head + sections.join('');
}

function cellsOf(kept: string, figure: Figure, flavour: Flavour): readonly string[] {
  const before = keptCells(kept, figure);
  return columns.map(({ of = flavour, read }, at) => (of === flavour ? String(read(figure)) : (before[at] ?? '?')));
}

/** What the page says of a request: one cell for each column, or none. */
function keptCells(kept: string, { request, route }: Figure): readonly string[] {
  const line = kept.split('\n').find((one) => one.startsWith(`| ${request} | \`${route}\` |`));
  return line?.slice(2, -2).split(' | ') ?? [];
}

/** Where the page and what was counted differ: one line for each figure. */
export function differences(kept: string, figures: readonly Figure[], flavour: Flavour): readonly string[] {
  return figures.flatMap((figure) => {
    const before = keptCells(kept, figure);
    const now = cellsOf(kept, figure, flavour);
    const name = `${figure.request}, ${figure.route}`;
    if (before.length === 0) return [`${name}: not in ${costsFile}`];
    return columns.flatMap(({ title }, at) =>
      before[at] === now[at] ? [] : [`${name}: ${title}: ${costsFile} says ${before[at]}, counted ${now[at]}`],
    );
  });
}
