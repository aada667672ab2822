/** The tree that the bench measures in: what is compared must be there in every size of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attemptRows } from '../tree/attempts.ts';
import { showProgress } from '../tree/progress.ts';
import { measured, shapeOf } from '../tree/shape.ts';
import { day } from '../../src/base/clock.ts';

const depthBelowRoot = (parents: readonly (number | undefined)[], account: number): number => {
  const parent = parents[account];
  return parent === undefined ? 0 : 1 + depthBelowRoot(parents, parent);
};

test('a tree has one root, and every other account hangs on one that comes before it', () => {
  for (const accounts of [10, 1000]) {
    const { parents } = shapeOf(accounts);
    assert.equal(parents.length, accounts);
    assert.equal(parents[0], undefined);
    assert.ok(parents.slice(1).every((parent = Infinity, at) => parent <= at));
  }
});

test('a big tree is some levels deep, broad at the top, and never as deep as accounts may be', () => {
  const { parents, depths } = shapeOf(10_000);
  assert.deepEqual(
    depths.slice(0, 500),
    parents.slice(0, 500).map((_, account) => depthBelowRoot(parents, account)),
  );
  const deepest = Math.max(...depths);
  assert.ok(deepest >= 10 && deepest < 32, `${deepest} levels`);
  const children = Map.groupBy(parents, (parent) => parent);
  const most = Math.max(...[...children.values()].map(({ length }) => length));
  assert.ok(most >= 10, `${most} children`);
  assert.ok(parents.length - children.size > 4000, 'accounts with nobody below them');
});

test('the measured account is as deep in the least tree as in a big one, and a tree is the same every time', () => {
  assert.deepEqual(shapeOf(10).parents.slice(0, measured + 1), shapeOf(5000).parents.slice(0, measured + 1));
  assert.equal(shapeOf(10).depths[measured], 8);
  assert.deepEqual(shapeOf(5000), shapeOf(5000));
});

test('the log goes through a year, and holds as much of what is rare whatever its length', () => {
  const now = Date.parse('2026-12-01T00:00:00Z');
  const population = {
    busy: { account: 'busy', users: ['a', 'b'] },
    plain: { account: 'plain', users: ['c'] },
    person: 'ada',
    others: [{ id: 'd', account: 'other' }],
  };
  for (const length of [10_000, 50_000]) {
    const row = attemptRows(population, length, now);
    const rows = Array.from({ length }, (_, at) => row(at));
    assert.deepEqual(
      rows.map(({ id }) => id),
      rows.map(({ id }) => id).toSorted(),
    );
    assert.equal(rows[0]?.at, now - 365 * day);
    assert.ok((rows.at(-1)?.at ?? 0) > now - day);
    const near = (count: number, due: number) => assert.ok(Math.abs(count - due) < due / 10, `${count}, not ${due}`);
    near(rows.filter(({ user_id }) => user_id === 'ada').length, 120);
    const plain = rows.filter(({ account_id }) => account_id === 'plain');
    near(plain.filter(({ action, outcome }) => action === 'answer' && outcome === 'failed').length, 120);
    const logins = plain.filter(({ action }) => action === 'login');
    near(logins.length, length / 20);
    assert.ok(logins.every(({ outcome }) => outcome === 'success'));
    near(rows.filter(({ user_id }) => user_id === 'a' || user_id === 'b').length, length / 10);
  }
});

test('progress is a bar on a terminal, and elsewhere a line for every quarter', () => {
  const shown = (isTTY: boolean) => {
    const said: string[] = [];
    const tell = showProgress({ isTTY, write: (text: string) => said.push(text) > 0 });
    for (let done = 0; done <= 1000; done += 1) tell('users', done, 1000);
    return said;
  };
  assert.deepEqual(shown(false), ['users: 0 %\n', 'users: 25 %\n', 'users: 50 %\n', 'users: 75 %\n', 'users: 100 %\n']);
  const bar = shown(true);
  assert.equal(bar[0], `\rusers                        [${'.'.repeat(30)}] 0 %`);
  assert.equal(bar.at(-1), `\rusers                        [${'#'.repeat(30)}] 100 %\n`);
});
