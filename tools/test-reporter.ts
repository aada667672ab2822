/**
 * Reporter of `node --test`: prints the failed tests, and for its parent (`test-runs.ts`) the counts, as lines of JSON that begin with RS
 * (U+001E).
 */
import type { TestEvent } from 'node:test/reporters';
import { inspect } from 'node:util';

export const RECORD = '\u001e';

export type Counts = { readonly passed: number; readonly failed: number; readonly skipped: number };

/** Tests between two records of progress. */
const STEP = 50;

const record = (content: object) => `${RECORD}${JSON.stringify(content)}\n`;

// oxlint-disable-next-line import/no-default-export -- node --test-reporter takes the default export
export default async function* report(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  let passed = 0;
  for await (const { type, data } of events) {
    if (type === 'test:pass' && data.details.type !== 'suite') {
      passed += 1;
      if (passed % STEP === 0) yield record({ progress: STEP });
    }
    if (type === 'test:fail' && !isParent(data.details.error))
      yield `\n✖ ${data.name}\n  ${data.file}:${data.line}\n${inspect(data.details.error.cause ?? data.details.error)}\n`;
    if (type === 'test:stdout' || type === 'test:stderr') yield data.message;
    // Where each file has a process of its own, one more of these comes for each file.
    if (type === 'test:summary' && data.file === undefined) yield record({ counts: counted(data.counts) });
  }
}

/** Whether a suite fails because of a test in it, which is printed by itself. */
const isParent = (error: object) => 'failureType' in error && error.failureType === 'subtestsFailed';

type Summary = {
  readonly passed: number;
  readonly cancelled: number;
  readonly skipped: number;
  readonly tests: number;
};

function counted({ tests, passed, skipped }: Summary): Counts {
  return { passed, failed: tests - passed - skipped, skipped };
}
