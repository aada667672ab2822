export { createCountersign, type Countersign, type Options } from './countersign.ts';
export { SetupError } from './base/fault.ts';
export { version } from './base/version.ts';
