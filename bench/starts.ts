import { spent } from '../kit/load/cpu.ts';
import { startCountersign, type Running } from './processes.ts';

export type Start = {
  /** Milliseconds from the start of the process to the first answer that needed the database. */
  readonly took: number;
  /** Of these, milliseconds of CPU. */
  readonly cpu: number | undefined;
  /** Megabytes at rest. */
  readonly memory: number;
};

export type Starts = Readonly<Record<'first' | 'source' | 'published', readonly Start[]>>;

type Environment = Readonly<Record<string, string>>;

const times = 3;
/** Milliseconds until a server is idle after one request. */
const rest = 1000;

/** The first start, which makes tables and the administrator; a restart on the same database; and a restart of the compiled program. */
export async function measureStarts(
  published: string,
  settings: (turn: number) => Promise<Environment>,
  tell: (progress: string) => void,
): Promise<Starts> {
  const starts = { first: [] as Start[], source: [] as Start[], published: [] as Start[] };
  for (let turn = 1; turn <= times; turn += 1) {
    const environment = await settings(turn);
    starts.first.push(await measureStart(environment));
    starts.source.push(await measureStart(environment));
    starts.published.push(await measureStart(environment, published));
    tell(`start ${turn} of ${times}: ${starts.source.at(-1)?.took.toFixed(0)} ms`);
  }
  return starts;
}

async function measureStart(environment: Environment, program?: string): Promise<Start> {
  const began = performance.now();
  await using countersign = await startCountersign(environment, program);
  const answer = await fetch(`${countersign.url}/health/ready`);
  const took = performance.now() - began;
  const cpu = spent(new Map(), countersign.cpu());
  if (answer.status !== 200) throw new Error(`after its start, a server answered ${answer.status}`);
  await new Promise((resolve) => setTimeout(resolve, rest));
  return { took, cpu, memory: await memoryOf(countersign) };
}

/** Resident memory, from the server's metrics. */
async function memoryOf({ url }: Running): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  return Number(/^process_resident_memory_bytes (\d+)$/m.exec(metrics)?.[1]) / 1e6;
}
