export { createCountersign, type Countersign, type DuoOptions, type Options } from './countersign.ts';
export type { Operations } from './client/operations.ts';
export type { Refused, Result } from './client/result.ts';
export type * from './client/types.ts';
export type { Door } from './http/doors/index.ts';
export type { Gateway, Message } from './messages/message.ts';
export { SetupError } from './base/fault.ts';
export { version } from './base/version.ts';
