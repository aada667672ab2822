#!/usr/bin/env node
import { nodeVersionError } from '../base/node-version.ts';

// An old Node cannot read what the commands import, so nothing else is imported before this check.
const complaint = nodeVersionError(process.versions.node);
if (complaint === undefined) {
  const { run } = await import('./program.ts');
  process.exitCode = await run(process.argv.slice(2));
} else {
  process.stderr.write(`countersign: ${complaint}\n`);
  process.exitCode = 2;
}
