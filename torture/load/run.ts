/** Overloads servers, slows them down and sends malformed requests, while monitors measure others: `npm run load`. docs/reliability.md explains it. */
import { endAfter, machine, positive, temporaryFolder } from '../../kit/run-environment.ts';
import { command, type OptionsOf } from '../../kit/command.ts';
import { sendHostileRequests } from './experiments/hostile-requests.ts';
import { manyConnections } from './experiments/many-connections.ts';
import { memory } from './experiments/memory.ts';
import { overload } from './experiments/overload.ts';
import { slowClients } from './experiments/slow-clients.ts';
import { stop } from './experiments/stop.ts';
import { openSettings, type Lab } from './lab.ts';
import { reportOf, tableOf, type Finding } from './report.ts';

const experiments: Readonly<Record<string, (lab: Lab) => Promise<void>>> = {
  overload,
  'hostile-requests': sendHostileRequests,
  'slow-clients': slowClients,
  'many-connections': manyConnections,
  stop,
  memory,
};

const help = `npm run load [-- options]

  --database NAME   sqlite (default) or postgres
  --only NAME       one experiment: ${Object.keys(experiments).join(', ')}
  --minutes N       of the memory experiment (default 5)
  --help

Ends with 1 when an expectation does not hold. Nothing leaves this machine.
`;

/** Milliseconds without the memory experiment. */
const patience = 20 * 60_000;

const known = {
  database: { type: 'string', default: 'sqlite' },
  only: { type: 'string' },
  minutes: { type: 'string', default: '5' },
} as const;

await command({ name: 'load', help, options: known }, load);
// Open connections would keep the process alive.
process.exit();

async function load({ database, only, minutes }: OptionsOf<typeof known>): Promise<void> {
  if (database !== 'sqlite' && database !== 'postgres') throw new Error('--database must be sqlite or postgres');
  const chosen = Object.entries(experiments).filter(([name]) => only === undefined || name === only);
  if (chosen.length === 0) throw new Error(`unknown experiment ${only}`);
  const long = positive('minutes', minutes);
  endAfter(patience + long * 60_000);
  const { version, node, cpus, cpu, loadBefore } = machine();
  process.stdout.write(
    `Countersign ${version}, Node ${node}, ${database}, ${cpus} CPUs (${cpu}), which also make the load; load before the run: ${loadBefore?.toFixed(2)}\n\n`,
  );
  const findings: Finding[] = [];
  using folder = temporaryFolder();
  await using settingsFactory = await openSettings(folder.path, database);
  for (const [name, experiment] of chosen) {
    const tell = (progress: string) => void process.stderr.write(`${name}: ${progress}\n`);
    tell('started');
    await experiment({ ...reportOf(name, findings), settings: () => settingsFactory.settings(), minutes: long, tell });
  }
  process.stdout.write(`${tableOf(findings)}\n`);
  const failed = findings.filter(({ holds }) => !holds).length;
  process.stdout.write(`\n${findings.length} expectations, ${failed} of them do not hold\n`);
  if (failed > 0) process.exitCode = 1;
}
