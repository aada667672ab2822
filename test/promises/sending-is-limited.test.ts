/**
 * One destination gets one login code in thirty seconds and ten in a day, and as many codes of enrollments beside them: over all users, over
 * every route that sends, over two nodes, and with thirty-two requests at the same time.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { day, second } from '../../src/base/clock.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import { addOAuthApp, enableSms, singleRequestLogins, bodyOf, tokenOf } from '../../kit/doors.ts';
import { atOnce, twoNodes, type Ask, type TwoNodes } from '../../kit/nodes.ts';
import type { Answer, Person } from '../../kit/server.ts';

const number = '+12133734253';

/** Another way to write the same number. */
const spelled = '2133734253';

type Sending = (call: Ask) => Promise<Answer>;

/** Requests that send to one number, through every route that does: of two who log in with it, and of two who would enroll it. */
async function sendings(town: TwoNodes): Promise<Record<'logins' | 'enrollments', readonly Sending[]>> {
  const logins = Object.values(singleRequestLogins(await addOAuthApp(town)));
  const people: Person[] = [];
  for (const name of ['ada', 'bob']) {
    const person = await town.addPerson(name);
    await enableSms(town, person, number);
    people.push(person);
  }
  const [cy, di] = [await town.addPerson('cy'), await town.addPerson('di')];
  const enrolling =
    ({ token: bearer }: Person, phone_number: string): Sending =>
    (call) =>
      call('PUT', '/mfa/sms/request', { bearer, json: { phone_number } });
  const loggingIn = logins.map((login, at): Sending => {
    const who = people[at % 2] ?? assert.fail();
    return (call) => login(call, who);
  });
  return { logins: loggingIn, enrollments: [enrolling(cy, number), enrolling(di, spelled)] };
}

const messagesTo = ({ sent }: TwoNodes) => sent.filter(({ to }) => to === number).length;

/** Thirty-two requests at once; returns how many messages went out. */
async function rush(town: TwoNodes, ways: readonly Sending[]): Promise<number> {
  const before = town.sent.length;
  const answers = await atOnce(town, 32, (call, at) => (ways[Math.floor(at / 2) % ways.length] ?? assert.fail())(call));
  for (const answer of answers) assertSentOrLimited(answer);
  return town.sent.length - before;
}

/** A question for the code, an enrolment that begins, or how long one has to wait. */
function assertSentOrLimited(answer: Answer): void {
  const { status, asked, text, headers } = answer;
  assert.equal(tokenOf(answer), undefined, asked);
  if (status !== 429) {
    assert.equal(status, 200, `${asked} ${text}`);
    const { mfa_required, enabled } = bodyOf(answer);
    return assert.ok(mfa_required === true || enabled === false, `${asked} ${text}`);
  }
  assert.ok(Number(headers.get('retry-after')) > 0, asked);
}

onEachDatabase('sending is limited', (on) => {
  for (const kind of ['logins', 'enrollments'] as const) {
    test(`of thirty-two ${kind} at once over all routes, users and two nodes one message goes out in 30 seconds`, async () => {
      await using town = await twoNodes(on);
      const ways = (await sendings(town))[kind];
      for (let round = 0; round < 3; round += 1) {
        assert.equal(await rush(town, ways), 1);
        town.clock.tick(30 * second - 1);
        assert.equal(await rush(town, ways), 0);
        town.clock.tick(1);
      }
    });
  }

  for (const [at, way] of ['PUT authtoken', 'POST authtoken', 'PUT oauth2', 'POST oauth2'].entries()) {
    test(`a login code through ${way} keeps every route from sending another, and no enrollment`, async () => {
      await using town = await twoNodes(on);
      const { logins, enrollments } = await sendings(town);
      const before = town.sent.length;
      assertSentOrLimited(await (logins[at] ?? assert.fail())(town.nodes[0]));
      assert.equal(town.sent.length, before + 1);
      for (const other of logins) for (const call of town.nodes) assertSentOrLimited(await other(call));
      assert.equal(town.sent.length, before + 1);
      for (const other of enrollments) for (const call of town.nodes) assertSentOrLimited(await other(call));
      assert.equal(town.sent.length, before + 2);
    });
  }

  test('ten login codes go out in a day, and then none until the day is over, through whatever route', async () => {
    await using town = await twoNodes(on);
    const { logins } = await sendings(town);
    const first = town.clock.now();
    const before = messagesTo(town);
    for (let message = 0; message < 10; message += 1) {
      const way = logins[message % logins.length] ?? assert.fail();
      assertSentOrLimited(await way(town.nodes[message % 2 === 0 ? 0 : 1]));
      assert.equal(messagesTo(town), before + message + 1);
      town.clock.tick(30 * second);
    }
    for (const [at, way] of logins.entries()) {
      const answer = await way(town.nodes[at % 2 === 0 ? 0 : 1]);
      assert.equal(answer.status, 429, answer.text);
      assert.equal(Number(answer.headers.get('retry-after')), (first + day - town.clock.now()) / second);
    }
    assert.equal(await rush(town, logins), 0);
    assert.equal(messagesTo(town), before + 10);
  });

  test('on the next day thirty-two at once get one again', async () => {
    await using town = await twoNodes(on, { sending: { perDay: 1 } });
    const { logins } = await sendings(town);
    const first = town.clock.now();
    assert.equal(await rush(town, logins), 1);
    town.clock.set(first + day - 1);
    assert.equal(await rush(town, logins), 0);
    town.clock.set(first + day);
    assert.equal(await rush(town, logins), 1);
  });
});
