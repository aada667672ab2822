import { existsSync } from 'node:fs';
import { SetupError } from '../../base/fault.ts';
import type { Outcome } from '../../base/outcome.ts';
import { createCountersign, type Countersign } from '../../countersign.ts';
import { operator, requestContext, type RequestContext } from '../../engine/context.ts';
import type { Reason } from '../../engine/reasons.ts';
import { sqliteFileOf } from '../../store/store.ts';
import { announceAdministrator } from '../announce.ts';
import { CommandFailed } from '../explain.ts';
import { gatewaysOf } from '../gateways.ts';
import { createLog } from '../log.ts';
import { readSettings } from '../settings.ts';
import { refusals } from './refusals.ts';

/** The options that every command about a user has. */
export type UserOptions = { readonly account?: string };

/** Opens Countersign for one command, on the configured database or another one. A server may be running. */
export async function withCountersign<Value>(
  work: (ctx: RequestContext, countersign: Countersign) => Promise<Value>,
  other?: string,
): Promise<Value> {
  const settings = readSettings(process.env);
  const database = other ?? settings.options.database;
  const file = sqliteFileOf(database);
  // Opening would create it, and the command would change a database that no server uses.
  if (file !== undefined && !existsSync(file)) {
    throw new SetupError(
      `there is no database ${file}: set COUNTERSIGN_DATABASE to that of the server, or start the server once`,
    );
  }
  const url = settings.url ?? 'http://localhost';
  const gateways = gatewaysOf(settings);
  const log = createLog(settings.logLevel);
  const countersign = await createCountersign({ ...settings.options, database, gateways, url, log });
  try {
    announceAdministrator(settings, countersign);
    return await work(requestContext(countersign.context, operator), countersign);
  } finally {
    await countersign.close();
  }
}

/** The value of an outcome; a refusal ends the command. */
export function granted<Value>(outcome: Outcome<Value, Reason>, name: string): Value {
  if (outcome.ok) return outcome.value;
  throw new CommandFailed(`${name}: ${refusals[outcome.reason]}`);
}
