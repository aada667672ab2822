import { SetupError } from './base/fault.ts';
import { complaintAboutNode } from './base/node-version.ts';
import type { Countersign } from './countersign.ts';
import type { Options } from './options.ts';

export type { Countersign } from './countersign.ts';
export type { DuoOptions, Options } from './options.ts';
export type { Operations } from './client/operations.ts';
export type { Refused, Result } from './client/result.ts';
export type * from './client/types.ts';
export type { Door } from './http/doors/index.ts';
export type { Gateway, Message } from './messages/message.ts';
export { SetupError } from './base/fault.ts';
export { version } from './base/version.ts';

/**
 * Creates a Countersign in this process: brings the database up to date and checks the key ring against it. Throws a `SetupError` where an
 * option is wrong, or Node too old. The rest is imported only here, because an old Node cannot read it.
 */
export async function createCountersign(options: Options): Promise<Countersign> {
  const complaint = complaintAboutNode(process.versions.node);
  if (complaint !== undefined) throw new SetupError(`createCountersign: ${complaint}`);
  const { createCountersign: create } = await import('./countersign.ts');
  return create(options);
}
