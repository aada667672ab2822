import { existsSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { SetupError } from '../../base/fault.ts';
import { comparableName } from '../../base/text.ts';
import type { RequestContext } from '../../engine/context.ts';
import type { Judged, Newcomer } from '../../engine/import-users.ts';
import { alreadyThere, findHome, importUsers } from '../../engine/operations.ts';
import { Refused } from '../explain.ts';
import { progressOf, type Progress } from '../progress.ts';
import { granted, withHouse, type UserOptions } from '../user/with-house.ts';
import { check, shownName } from './check.ts';
import { formats, type Format } from './formats/index.ts';
import type { Found, Reading } from './found.ts';
import { createReport, type Report } from './report.ts';

export type ImportOptions = UserOptions & {
  readonly dryRun?: boolean;
  readonly report?: string;
  /** False where the operator says that the source has no second factors. */
  readonly secondFactors?: boolean;
};

/** How many users are written in one transaction: a server beside it waits for no longer than that takes. */
const batchSize = 100;

export async function runImport(format: Format, file: string, options: ImportOptions): Promise<void> {
  const { account, dryRun = false } = options;
  if (options.secondFactors === false && format !== 'django')
    throw new SetupError('--no-second-factors is for django: every other format says which users have a second factor');
  if (file !== '-' && !existsSync(file)) throw new SetupError(`there is no file ${file}`);
  const collect = keepHeapSmall();
  const left = await withHouse(async (house) => {
    const { id: accountId } = granted(await findHome(house, account), account ?? 'root');
    const reading = formats[format](file, process.env, options);
    const report = createReport(options.report, dryRun);
    const what = dryRun ? 'checked' : 'read';
    const progress = progressOf({ what, of: 'users', fraction: reading.fraction, lineEvery: 10_000 });
    try {
      const mover = { house, accountId, report, collect, write: dryRun ? wouldBeMade : importUsers };
      await moveAll(mover, reading, progress);
    } finally {
      progress.clear();
      process.stdout.write(report.text());
      report.close();
    }
    return report.left();
  });
  if (left > 0) throw new Refused('not everything could be taken: see above, and --report for each by itself');
}

/** After how many batches what is no longer needed is thrown away. */
const collectEvery = 20;

/** V8 would let the heap grow to several times of what is alive in it, for everything here is short-lived. */
function keepHeapSmall(): () => void {
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--heap-growing-percent=30');
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}

type Mover = {
  readonly house: RequestContext;
  readonly accountId: string;
  readonly report: Report;
  readonly collect: () => void;
  /** Answers with whom it made. */
  readonly write: typeof importUsers;
};

type BatchEntry = { readonly newcomer: Newcomer; readonly at: string };

async function moveAll(mover: Mover, { users }: Reading, progress: Progress): Promise<void> {
  const names = new Set<string>();
  let batch: BatchEntry[] = [];
  let batches = 0;
  let isEmpty = true;
  const flush = async () => {
    if (batch.length > 0) await moveBatch(mover, batch);
    batch = [];
    batches += 1;
    if (batches % collectEvery === 0) mover.collect();
  };
  for await (const found of users) {
    const judged = judge(mover, names, found);
    if (judged) batch.push(judged);
    if (batch.length >= batchSize) await flush();
    progress.tell(1);
    isEmpty = false;
  }
  await flush();
  if (isEmpty) throw new Refused('the source holds no users');
}

/** Reports what can't be taken of an entry, and answers with what can. */
function judge({ house, report }: Mover, names: Set<string>, found: Found): BatchEntry | undefined {
  const { at } = found;
  const isUnreadable = 'why' in found;
  const name = shownName(isUnreadable ? found.name : found.profile.name);
  const { newcomer, left }: Judged = isUnreadable
    ? { left: [{ what: found.what ?? 'user', why: found.why }] }
    : check(house, found);
  for (const one of left) report.add({ at, name, outcome: 'not taken', ...one });
  if (name === undefined) return undefined;
  // A user that was refused is not imported from a later entry that says less of them.
  const isRepeated = names.size === names.add(comparableName(name)).size;
  if (!newcomer) return undefined;
  if (isRepeated) report.add({ at, name, outcome: 'not taken', what: 'user', why: repeated });
  return isRepeated ? undefined : { newcomer, at };
}

const repeated = 'the name stands in the source before';

async function moveBatch({ house, accountId, report, write }: Mover, batch: readonly BatchEntry[]): Promise<void> {
  const made = await write(
    house.at(),
    accountId,
    batch.map(({ newcomer }) => newcomer),
  );
  report.made(made.size);
  for (const { newcomer, at } of batch)
    if (!made.has(newcomer)) report.add({ at, name: newcomer.name, outcome: 'there already' });
}

const wouldBeMade: typeof importUsers = async (house, accountId, newcomers) =>
  new Set(newcomers).difference(await alreadyThere(house, accountId, newcomers));
