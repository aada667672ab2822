/** docs/costs.md says what requests cost. `npm run docs:costs` has this test write it. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { commitsIn } from '../../kit/commit-count.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import { logins } from './logins.ts';
import { measure } from './measure.ts';
import { costsFile, differences, pageWith } from './page.ts';
import { openScene } from './scene.ts';

const isWriting = process.env.COSTS === 'write';
const page = new URL(`../../${costsFile}`, import.meta.url);
const hint = 'If that is meant, run `npm run docs:costs`, and give the reason in the commit where a figure grows.';

onEachDatabase('what requests cost', (on) => {
  test('is what the page of costs says', async () => {
    const kept = existsSync(page) ? readFileSync(page, 'utf8') : '';
    const figures = await measure(on);
    if (isWriting) return writeFileSync(page, pageWith(kept, figures, on.flavour));
    const found = differences(kept, figures, on.flavour);
    assert.ok(found.length === 0, `\n${found.join('\n')}\n${hint}`);
    assert.ok(kept === pageWith(kept, figures, on.flavour), `${costsFile} has another text, order or row. ${hint}`);
  });

  // PostgreSQL numbers the transactions of all its databases together, and other tests have some of them.
  test('counts the commits that SQLite has in its own log', { skip: on.flavour !== 'sqlite' }, async () => {
    await using opened = await on.open();
    await using scene = await openScene(opened.url);
    const { counted } = scene;
    for (const { name, prepare } of logins) {
      const send = await prepare(scene);
      counted.take();
      const written = await commitsIn(opened.url, () => send(counted.ask));
      assert.equal(counted.take().commits, written, name);
    }
  });
});
