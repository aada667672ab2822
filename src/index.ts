export { createCountersign, version, type Countersign, type Options } from './countersign.ts';
export { SetupError } from './base/fault.ts';
