/** The tests that need no process of their own, in two processes: `npm test`. For a few files there is `npm run test:some`. */
import { globalSetup, globalTeardown } from '../kit/postgres/setup.ts';
import { runTests, totalOf } from './test-runs.ts';

await globalSetup();
try {
  const { line, ok } = totalOf(await runTests(process.execPath));
  console.log(`\n${line}`);
  process.exitCode = ok ? 0 : 1;
} finally {
  await globalTeardown();
}
