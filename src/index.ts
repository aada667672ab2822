import { SetupError } from './base/fault.ts';
import { nodeVersionError } from './base/node-version.ts';
import type { Countersign } from './countersign.ts';
import type { Options } from './options.ts';

export type { Countersign } from './countersign.ts';
export type { DuoOptions, Options } from './options.ts';
export type { Operations } from './client/operations.ts';
export type { Refused, Result } from './client/result.ts';
export type * from './client/types.ts';
export type { EndUserClient } from './http/server/client.ts';
export type { Door } from './http/doors/index.ts';
export type { Gateway, Message } from './messages/message.ts';
export { SetupError } from './base/fault.ts';
export { version } from './base/version.ts';

/**
 * Creates a Countersign in this process: brings the database up to date and checks the key ring against it. Throws a `SetupError` if an
 * option is invalid or Node is too old. The other files are imported only here, because an old Node cannot parse them.
 */
export async function createCountersign(options: Options): Promise<Countersign> {
  const complaint = nodeVersionError(process.versions.node);
  if (complaint !== undefined) throw new SetupError(`createCountersign: ${complaint}`);
  const { createCountersign: create } = await import('./countersign.ts');
  return create(options);
}
