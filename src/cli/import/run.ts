import { existsSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { SetupError } from '../../base/fault.ts';
import { comparableName } from '../../base/text.ts';
import type { RequestContext } from '../../engine/context.ts';
import type { JudgedUser, ImportableUser } from '../../engine/operator/import-users.ts';
import { findExistingUsers, findTargetAccount, importUsers } from '../../engine/operations.ts';
import { CommandFailed } from '../explain.ts';
import { progressOf, type Progress } from '../progress.ts';
import { granted, withCountersign, type UserOptions } from '../user/with-countersign.ts';
import { check, shownName } from './check.ts';
import { formats, type Format } from './formats/index.ts';
import type { Found, Reading, SourceOptions } from './found.ts';
import { createReport, type Report } from './report.ts';

export type ImportOptions = UserOptions & SourceOptions & { readonly dryRun?: boolean; readonly report?: string };

/** Users in one transaction: a server that runs at the same time waits for at most one transaction. */
const batchSize = 100;

export async function runImport(format: Format, file: string, options: ImportOptions): Promise<void> {
  const { account, dryRun = false } = options;
  if (options.secondFactors === false && format !== 'django')
    throw new SetupError('--no-second-factors is for django: every other format says which users have a second factor');
  if (options.harmless && (format === 'jsonl' || format === 'otpauth-migration'))
    throw new SetupError(
      `--harmless is for better-auth, django and keycloak: ${format} has no names that could be unknown`,
    );
  if (file !== '-' && !existsSync(file)) throw new SetupError(`there is no file ${file}`);
  const collect = keepHeapSmall();
  const done = await withCountersign(async (ctx) => {
    const { id: accountId } = granted(await findTargetAccount(ctx, account), account ?? 'root');
    const reading = formats[format](file, options, process.env);
    const report = createReport(options.report, dryRun);
    const what = dryRun ? 'checked' : 'read';
    const progress = progressOf({ what, of: 'users', fraction: reading.fraction, lineEvery: 10_000 });
    try {
      const run = { ctx, accountId, report, collect, write: dryRun ? findImportable : importUsers };
      await importAll(run, reading, progress);
    } finally {
      progress.clear();
      reading.close?.();
      process.stdout.write(report.text());
      report.close();
    }
    return report;
  });
  if (done.isRefused()) throw new CommandFailed('the source was refused, and no user was imported: see above');
  if (done.skipped() > 0) throw new CommandFailed('some items were skipped: see above, or use --report for each');
}

/** The number of batches after which garbage is collected. */
const collectEvery = 20;

/** Otherwise V8 lets the heap grow to several times its live size, because everything here is short-lived. */
function keepHeapSmall(): () => void {
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--heap-growing-percent=30');
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}

type ImportRun = {
  readonly ctx: RequestContext;
  readonly accountId: string;
  readonly report: Report;
  readonly collect: () => void;
  /** Returns the users that it created. */
  readonly write: typeof importUsers;
};

type BatchEntry = { readonly importable: ImportableUser; readonly at: string };

async function importAll(run: ImportRun, reading: Reading, progress: Progress): Promise<void> {
  const repeated = await findRepeated(run, reading);
  if (!repeated) return;
  let batch: BatchEntry[] = [];
  let batches = 0;
  const flush = async () => {
    if (batch.length > 0) await moveBatch(run, batch);
    batch = [];
    batches += 1;
    if (batches % collectEvery === 0) run.collect();
  };
  for await (const found of reading.users()) {
    const judged = judge(run, repeated, found);
    if (judged) batch.push(judged);
    if (batch.length >= batchSize) await flush();
    progress.tell(1);
  }
  await flush();
}

/** Reads the source to its end, before any user is written. Undefined: it is refused, as the report says. */
async function findRepeated({ report }: ImportRun, { users }: Reading): Promise<ReadonlySet<string> | undefined> {
  const [names, repeated] = [new Set<string>(), new Set<string>()];
  let isEmpty = true;
  for await (const found of users()) {
    isEmpty = false;
    if ('why' in found && found.what === 'source') {
      report.add({ at: found.at, outcome: 'skipped', what: found.what, why: found.why });
      return undefined;
    }
    const name = shownName(nameOf(found));
    if (name === undefined) continue;
    const key = comparableName(name);
    if (names.has(key)) repeated.add(key);
    names.add(key);
  }
  if (isEmpty) throw new CommandFailed('the source has no users');
  return repeated;
}

const nameOf = (found: Found) => ('why' in found ? found.name : found.profile.name);

/** Reports what cannot be imported of an entry, and returns the rest. */
function judge({ ctx, report }: ImportRun, repeated: ReadonlySet<string>, found: Found): BatchEntry | undefined {
  const { at } = found;
  const name = shownName(nameOf(found));
  const { importable, skipped }: JudgedUser =
    'why' in found ? { skipped: [{ what: found.what ?? 'user', why: found.why }] } : check(ctx, found);
  for (const one of skipped) report.add({ at, name, outcome: 'skipped', ...one });
  if (!importable) return undefined;
  // One entry may lack a second factor that another one has.
  const isRepeated = repeated.has(comparableName(importable.name));
  if (isRepeated) report.add({ at, name, outcome: 'skipped', what: 'user', why: moreThanOnce });
  return isRepeated ? undefined : { importable, at };
}

const moreThanOnce = 'the name appears in the source more than once';

async function moveBatch({ ctx, accountId, report, write }: ImportRun, batch: readonly BatchEntry[]): Promise<void> {
  const made = await write(
    ctx.at(),
    accountId,
    batch.map(({ importable }) => importable),
  );
  report.addImported(made.size);
  for (const { importable, at } of batch)
    if (!made.has(importable)) report.add({ at, name: importable.name, outcome: 'existing' });
}

const findImportable: typeof importUsers = async (ctx, accountId, importables) =>
  new Set(importables).difference(await findExistingUsers(ctx, accountId, importables));
