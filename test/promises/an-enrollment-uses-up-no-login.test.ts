/**
 * EnrollingActor somebody else's number or address, or thousands of them, keeps nobody from logging in: enrollments have shares of their own, for
 * each user, destination, client address and account, and are refused when one of them is used up.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { day, hour, second } from '../../src/base/clock.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import { enableSms, newestCode, bodyOf } from '../../kit/doors.ts';
import { atOnce, twoNodes } from '../../kit/nodes.ts';
import { member, startServer, type Answer, type Person, type Server } from '../../kit/server.ts';
import { dataOf, door, tenant } from '../http/doors/crossbar/door.ts';
import { addService } from '../http/doors/challenges/service.ts';

const number = '+12133734253';
const address = 'victim@example.org';
const numberOf = (at: number) => `+1213373${5000 + at}`;

type Kind = 'sms' | 'email';
type Enroll = (to: string) => Promise<Answer>;

const destination = { sms: number, email: address } as const;
const memberOf = { sms: 'phone_number', email: 'email' } as const;
const verify = { sms: '/mfa/sms/verify', email: '/mfa/email/verify' } as const;

/** Asks for a code as somebody with a session, or with an enrollment token. */
const selfService =
  ({ call }: Pick<Server, 'call'>, kind: Kind, bearer: string, headers: Record<string, string> = {}): Enroll =>
  (to) =>
    call('PUT', `/mfa/${kind}/request`, { bearer, headers, json: { [memberOf[kind]]: to } });

/** Every door at which a destination is enrolled, with a stranger at it. */
const doors: Readonly<Record<string, (server: Server, kind: Kind) => Promise<Enroll>>> = {
  'with a session': async (server, kind) => selfService(server, kind, (await server.addPerson('mallory')).token),
  async 'with an enrollment token'(server, kind) {
    const { id, username, password } = await tenant(server, 'root', 'acme');
    const provider = { provider_name: kind, provider_type: 'multi_factor', enabled: true, settings: {} };
    const made = await door(server)(201, 'PUT', `accounts/${id}/multi_factor`, provider);
    const multi_factor = { enabled: true, configuration_id: dataOf(made)['id'] };
    await door(server)(200, 'POST', `accounts/${id}/security`, { auth_modules: { authtoken: { multi_factor } } });
    const login = await server.call('POST', '/mfa/authtoken/login', { json: { username, password, account: id } });
    return selfService(server, kind, member(login, 'enrollment_token'));
  },
  async 'as a service, for its user'(server, kind) {
    const { key: bearer } = await addService(server, 'root', 'shop');
    await server.call('PUT', '/users/42', { bearer, json: {} });
    return (to) =>
      server.call('POST', '/users/42/factors', {
        bearer,
        json: { type: kind, [kind === 'sms' ? 'phone_number' : 'email']: to },
      });
  },
};

/** Somebody who logs in with a code that is sent. */
async function protectedPerson(server: Server, name: string, kind: Kind, to: string): Promise<Person> {
  const person = await server.addPerson(name);
  if (kind === 'sms') await enableSms(server, person, to);
  else {
    const { token: bearer } = person;
    assert.equal((await selfService(server, kind, bearer)(to)).status, 200);
    await server.call('PUT', verify[kind], { bearer, json: { mfa_code: newestCode(server) } });
    server.clock.tick(30 * second);
  }
  return person;
}

/** That somebody's login gets its code, and ends with it. */
async function assertGetsCode(server: Server, { name: username, password }: Person): Promise<void> {
  const before = server.sent.length;
  const asked = await server.call('POST', '/mfa/authtoken/login', { json: { username, password } });
  assert.equal(bodyOf(asked)['mfa_required'], true, asked.text);
  assert.equal(server.sent.length, before + 1);
  const json = { username, password, mfa_code: newestCode(server) };
  assert.equal((await server.call('POST', '/mfa/authtoken/login', { json })).status, 200);
}

const statuses = (answers: readonly Answer[], wanted: number) =>
  answers.filter(({ status }) => status === wanted).length;

const shares = async ({ countersign }: Server) =>
  countersign.context.store.db.selectFrom('sends').selectAll().orderBy('destination').execute();

onEachDatabase('an enrollment uses up no login', (on) => {
  for (const kind of ['sms', 'email'] as const) {
    for (const [where, stand] of Object.entries(doors)) {
      test(`nine enrollments of a destination by ${kind} ${where} leave its owner's login its code`, async () => {
        await using server = await startServer({ on });
        const victim = await protectedPerson(server, 'victim', kind, destination[kind]);
        const enroll = await stand(server, kind);
        const answers: Answer[] = [];
        for (let round = 0; round < 9; round += 1) {
          answers.push(await enroll(destination[kind]));
          server.clock.tick(30 * second);
        }
        await assertGetsCode(server, victim);
        assert.equal(statuses(answers, 429), 6, 'one user sends three to one destination');
      });

      test(`hundreds of enrollments by ${kind} ${where} are refused at their own share, and others log in`, async () => {
        await using server = await startServer({ on });
        const victim = await protectedPerson(server, 'victim', kind, destination[kind]);
        const enroll = await stand(server, kind);
        const before = server.sent.length;
        const answers: Answer[] = [];
        for (let at = 0; at < 200; at += 1)
          answers.push(await enroll(kind === 'sms' ? numberOf(at) : `${at}@example.org`));
        assert.equal(server.sent.length, before + 5);
        assert.equal(statuses(answers, 429), 195);
        assert.equal(answers.at(-1)?.headers.get('retry-after'), String(hour / second));
        await assertGetsCode(server, victim);
      });
    }
  }

  test('one user sends five messages an hour and ten a day', async () => {
    await using server = await startServer({ on });
    const { token, ...mallory } = await server.addPerson('mallory');
    const sent: number[] = [];
    let bearer = token;
    for (let round = 0; round < 4; round += 1) {
      const before = server.sent.length;
      for (let at = 0; at < 6; at += 1) await selfService(server, 'sms', bearer)(numberOf(round * 6 + at));
      sent.push(server.sent.length - before);
      server.clock.tick(round < 2 ? hour : day);
      bearer = await server.logIn(mallory);
    }
    assert.deepEqual(sent, [5, 5, 0, 5]);
  });

  test("a user's first message to a destination goes out beyond its ten, up to twenty", async () => {
    await using server = await startServer({ on });
    const people: Person[] = [];
    for (let at = 0; at < 17; at += 1) people.push(await server.addPerson(`mallory ${at}`));
    const enroll = async (at: number) => {
      const { status } = await selfService(server, 'sms', people[at]?.token ?? '')(number);
      server.clock.tick(30 * second);
      return status;
    };
    for (const at of [0, 0, 0, 1, 1, 1, 2, 2, 2, 3]) assert.equal(await enroll(at), 200);
    assert.equal(await enroll(3), 429, 'an eleventh message to it, and the second for this user');
    for (let at = 4; at < 14; at += 1) assert.equal(await enroll(at), 200);
    assert.equal(await enroll(14), 429, 'a twenty-first message to it');
    assert.equal(await enroll(15), 429);
  });

  test('a refused enrollment takes nothing from anybody', async () => {
    await using server = await startServer({ on, sending: { enrollmentsPerAccount: 1 } });
    const [ada, bob] = [await server.addPerson('ada'), await server.addPerson('bob')];
    assert.equal((await selfService(server, 'sms', ada.token)(number)).status, 200);
    const before = await shares(server);
    assert.equal(before.length, 6);
    for (const to of [number, numberOf(1)]) assert.equal((await selfService(server, 'sms', bob.token)(to)).status, 429);
    assert.deepEqual(await shares(server), before);
  });

  test("an account's enrollments are bounded by the day, and its logins are not", async () => {
    await using server = await startServer({ on, sending: { enrollmentsPerAccount: 2 } });
    const victim = await protectedPerson(server, 'victim', 'sms', number);
    const mallory = await server.addPerson('mallory');
    const enroll = selfService(server, 'sms', mallory.token);
    assert.deepEqual([(await enroll(numberOf(1))).status, (await enroll(numberOf(2))).status], [200, 429]);
    for (let login = 0; login < 3; login += 1) {
      await assertGetsCode(server, victim);
      server.clock.tick(30 * second);
    }
  });

  test('zero bounds neither an account nor an address', async () => {
    await using server = await startServer({ on, sending: { enrollmentsPerAccount: 0, enrollmentsPerAddress: 0 } });
    const { token } = await server.addPerson('ada');
    assert.equal((await selfService(server, 'sms', token)(number)).status, 200);
    const names = (await shares(server)).map(({ destination: name }) => name.split(':')[0]);
    assert.deepEqual(new Set(names), new Set(['enrollment.hour', 'enrollment.day', 'enrollment.sms']));
  });

  test('twenty at once by one user send five, and the shares count five', async () => {
    await using town = await twoNodes(on);
    const { token } = await town.addPerson('mallory');
    const answers = await atOnce(town, 20, (call, at) => selfService({ call }, 'sms', token)(numberOf(at)));
    assert.deepEqual([statuses(answers, 200), statuses(answers, 429), town.sent.length], [5, 15, 5]);
    const counts = (await shares(town)).map(({ in_day }) => in_day).toSorted((a, b) => a - b);
    assert.deepEqual(counts, [...Array.from({ length: 10 }, () => 1), 5, 5, 5, 5]);
  });

  test('twenty at once by twenty users, to few destinations, take what the shares allow and wait in no circle', async () => {
    await using town = await twoNodes(on, { sending: { enrollmentsPerAddress: 7, enrollmentsPerAccount: 6 } });
    const people: Person[] = [];
    for (let at = 0; at < 20; at += 1) people.push(await town.addPerson(`person ${at}`));
    const answers = await atOnce(town, 20, (call, at) =>
      selfService({ call }, 'sms', people[at]?.token ?? '')(numberOf(at % 10)),
    );
    assert.deepEqual([statuses(answers, 200), statuses(answers, 429), town.sent.length], [6, 14, 6]);
  });
});
