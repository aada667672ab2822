/** nginx in front of a static site: followed from its README, and with a real browser. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minute, second } from '../../src/base/clock.ts';
import { skipWithoutPrograms } from '../../kit/programs.ts';
import { startBrowser } from '../../kit/browser.ts';
import { answersOfNginx, nginxExample } from './nginx-page.ts';

const reasonOf = (...programs: readonly string[]) => skipWithoutPrograms('nginx', ...programs) ?? false;

test('the example of nginx answers as its README shows', { skip: reasonOf() }, async () => {
  const { steps, answers } = await answersOfNginx();
  for (const [at, { command, shown }] of steps.entries()) assert.equal(answers[at], shown, command);
});

test('nothing of the site is told to whoever is not logged in, whatever they show', { skip: reasonOf() }, async () => {
  await using place = await nginxExample();
  const { url } = place.nginx;
  for (const headers of [{}, { Cookie: 'session=' }, { Cookie: 'session=x' }, { Authorization: 'Bearer x' }])
    for (const path of [
      '/',
      '/index.html',
      '/vault/',
      '/vault/index.html',
      '/vault/../index.html',
      '//vault/',
      '/check',
    ]) {
      const answer = await fetch(url + path, { headers, redirect: 'manual' });
      assert.ok([302, 401, 404].includes(answer.status), `${path}: ${answer.status}`);
      assert.doesNotMatch(await answer.text(), /members|vault<\/h1>/);
    }
});

test('what is shown to whoever may see it is not kept by their browser', { skip: reasonOf() }, async () => {
  await using place = await nginxExample();
  const { token } = await place.server.addPerson('ada');
  const answer = await fetch(`${place.nginx.url}/`, { headers: { Cookie: `session=${token}` } });
  assert.deepEqual([answer.status, answer.headers.get('cache-control')], [200, 'no-store']);
});

test(
  'a person logs in, proves a second factor, and later proves it again',
  { skip: reasonOf('chromium') },
  async () => {
    await using place = await nginxExample();
    const { server, nginx } = place;
    const ada = await server.addPerson('ada');
    const app = await server.addApp(ada);
    server.clock.tick(30 * second);
    await using browser = await startBrowser();
    const page = await browser.newPage();
    const heading = () => page.locator('h1').textContent();
    await page.goto(`${nginx.url}/vault/`);
    assert.equal(await heading(), 'Log in');
    await page.getByLabel('Name').fill(ada.name);
    await page.getByLabel('Password').fill('not hers');
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByText('Unable to log in with provided credentials.').waitFor();
    await page.getByLabel('Password').fill(ada.password);
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByLabel('Code').fill(server.wrongCode(app));
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.getByText('The code is wrong or was already used.').waitFor();
    await page.getByLabel('Code').fill(server.code(app));
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.getByRole('heading', { name: 'The vault' }).waitFor();

    server.clock.tick(6 * minute);
    await page.goto(`${nginx.url}/`);
    assert.equal(await heading(), 'For members', 'the rest of the site asks for no more');
    await page.getByRole('link', { name: 'vault' }).click();
    await page.getByLabel('Code').fill(server.code(app));
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.getByRole('heading', { name: 'The vault' }).waitFor();

    await page.goto(`${nginx.url}/login?to=https://elsewhere.example/`);
    server.clock.tick(30 * second);
    await page.getByLabel('Code').fill(server.code(app));
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.getByRole('heading', { name: 'For members' }).waitFor();
  },
);
