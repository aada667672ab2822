import { variablesByGroup } from '../src/cli/variables.ts';

export const configurationFile = 'docs/configuration.md';

const introduction = `# Configuration

<!-- \`npm run docs\` writes this page from src/cli/variables.ts. -->

The server and all \`countersign\` commands are configured by environment variables. Each command reads all of them. An
unknown variable that begins with \`COUNTERSIGN_\` or an invalid value ends the command with exit code 2 and one line
that names the variable, never its value. \`countersign doctor\` checks the whole configuration.

An empty variable counts as unset, except \`COUNTERSIGN_DATABASE\` and \`COUNTERSIGN_KEYS\`: their defaults would start a
new, empty installation. Relative paths start at the working directory. An application that embeds Countersign passes
the [options of \`createCountersign\`](library.md) instead.
`;

const others = `
## Variables of others

| variable | read by | meaning |
| --- | --- | --- |
| \`BETTER_AUTH_SECRET\` | \`countersign import better-auth\` | the secret of the application whose users are imported: see [import](import.md) |
| \`NODE_EXTRA_CA_CERTS\` | Node | a file of further trusted certificates, for the database, gateways and Duo |
| \`UV_THREADPOOL_SIZE\` | Node | the number of threads that hash passwords and read files; \`serve\` sets it from the number of CPUs where it is unset |
`;

/** The page of all variables, a table for each group. */
export function configurationPage(): string {
  const groups = variablesByGroup().map(([group, rows]) => {
    const lines = rows.map(([name, row]) => {
      const example = row.example === undefined ? '' : `\`${row.example}\``;
      return `| \`${name}\` | ${row.type} | ${defaultOf(row.default)} | ${row.meaning} | ${example} |`;
    });
    return `\n## ${group}\n\n| variable | value | default | meaning | example |\n| --- | --- | --- | --- | --- |\n${lines.join('\n')}\n`;
  });
  return [introduction, ...groups, others].join('');
}

const defaultOf = (shown: string) => (shown === 'unset' || shown === 'generated' ? shown : `\`${shown}\``);
