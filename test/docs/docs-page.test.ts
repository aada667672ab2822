/** /docs and the root in Chromium, without JavaScript, on wide and narrow screens, light and dark. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { startBrowser } from '../../kit/browser.ts';
import { skipWithout } from '../../kit/programs.ts';
import { startServer } from '../../kit/server.ts';
import { listen } from '../../src/cli/listen.ts';

const skip = skipWithout('chromium') ?? false;

const screens = [
  { width: 1280, height: 900 },
  { width: 390, height: 844 },
] as const;

const looks = screens.flatMap((viewport) =>
  (['light', 'dark'] as const).map((colorScheme) => ({ viewport, colorScheme, javaScriptEnabled: false })),
);

async function open(): Promise<AsyncDisposable & { readonly url: string; readonly browser: Browser }> {
  const front = await listen('127.0.0.1', 0);
  const server = await startServer();
  front.open(server.countersign.listener);
  const browser = await startBrowser();
  return {
    url: `http://127.0.0.1:${front.port}`,
    browser,
    async [Symbol.asyncDispose]() {
      await browser.close();
      await front.close(0);
      await server[Symbol.asyncDispose]();
    },
  };
}

/** The size of all that can be scrolled to. */
const sizeOf = (page: Page): Promise<{ readonly width: number; readonly height: number }> =>
  page.evaluate(`({
    width: document.documentElement.scrollWidth,
    height: document.documentElement.scrollHeight,
  })`);

test(
  'nothing has to be scrolled to sideways, folded or not, and what is folded fits into ten screens',
  { skip },
  async () => {
    await using place = await open();
    for (const look of looks) {
      const { width } = look.viewport;
      const page = await place.browser.newPage(look);
      for (const path of ['/', '/problems', '/problems/insufficient_user_authentication', '/docs']) {
        await page.goto(place.url + path);
        const size = await sizeOf(page);
        assert.equal(size.width, width, path);
        assert.ok(size.height < 10 * look.viewport.height, `${path}: ${size.height} px`);
      }
      await page.evaluate(`for (const one of document.querySelectorAll('details')) one.open = true`);
      assert.equal((await sizeOf(page)).width, width, 'unfolded');
      await page.close();
    }
  },
);

test('a link to an operation unfolds it and shows its heading, and no other', { skip }, async () => {
  await using place = await open();
  for (const look of looks) {
    const page = await place.browser.newPage(look);
    const opened = page.locator('details.operation[open]');
    await page.goto(`${place.url}/docs`);
    assert.equal(await opened.count(), 0);
    await page.goto(`${place.url}/docs#postChallengesIdVerify`);
    await page.locator('#postChallengesIdVerify').waitFor({ state: 'visible' });
    assert.equal(await opened.count(), 1);
    const heading = opened.locator('h3');
    assert.equal((await heading.textContent())?.trim(), 'POST /challenges/{id}/verify');
    const top = (await heading.boundingBox())?.y ?? -1;
    assert.ok(top >= 0 && top < look.viewport.height, `its heading is at ${top} px`);
    await page.locator('summary', { hasText: '/auth/totp' }).getByRole('link').click();
    assert.equal(await opened.count(), 2);
    await page.close();
  }
});

test(
  'a link of the guide unfolds the way it leads, and the text follows the light or dark of the system',
  { skip },
  async () => {
    await using place = await open();
    const colors: string[] = [];
    for (const look of looks) {
      const page = await place.browser.newPage(look);
      await page.goto(`${place.url}/`);
      await page.getByRole('link', { name: 'API documentation' }).click();
      await page.getByRole('navigation').getByRole('link', { name: 'Enroll an authenticator app' }).click();
      await page.getByText('Create the secret.').waitFor({ state: 'visible' });
      await page.getByRole('navigation').getByRole('link', { name: 'Providers (Crossbar)' }).click();
      await page.getByText('/v2/multi_factor', { exact: true }).first().waitFor({ state: 'visible' });
      colors.push(String(await page.evaluate(`getComputedStyle(document.body).backgroundColor`)));
      await page.close();
    }
    assert.deepEqual(colors, ['rgb(255, 255, 255)', 'rgb(13, 17, 23)', 'rgb(255, 255, 255)', 'rgb(13, 17, 23)']);
  },
);
