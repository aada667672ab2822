/** Requests that bring a first factor, alone or with the second. */
import { member } from '../../kit/server.ts';
import { newestCode } from '../../kit/doors.ts';
import type { Ready, Request, Scene } from './scene.ts';

type Shown = { readonly name: string; readonly password: string; readonly code?: string };

type Door = (scene: Scene, shown: Shown) => Ready;

const password: Door = (_scene, shown) => (ask) =>
  ask('GET', '/auth/password', { basic: [shown.name, shown.password] });

const authtoken: Door = (_scene, shown) => (ask) => ask('POST', '/mfa/authtoken/login', { json: deux(shown) });

const oauth2: Door =
  ({ client }, shown) =>
  (ask) =>
    ask('POST', '/mfa/oauth2/token', { json: { ...client, grant_type: 'password', ...deux(shown) } });

const userAuth: Door =
  (_scene, { name: username, password: secret, code: multi_factor_response }) =>
  (ask) =>
    ask('PUT', '/v2/user_auth', { json: { data: { username, password: secret, multi_factor_response } } });

const deux = ({ name, password: secret, code }: Shown) => ({ username: name, password: secret, mfa_code: code });

const doors = [password, authtoken, oauth2, userAuth];
const doorsOfBoth = [authtoken, oauth2, userAuth];

/** The same request at several doors. */
function atEach(open: readonly Door[], name: string, show: (scene: Scene) => Promise<Shown>): readonly Request[] {
  return open.map((door) => ({ name, prepare: async (scene) => door(scene, await show(scene)) }));
}

async function apikeyOf({ server, addPerson }: Scene): Promise<Shown> {
  const { name, token: bearer } = await addPerson();
  const made = await server.call('POST', '/users/me/secrets', { bearer, json: { type: 'apikey' } });
  return { name, password: member(made, 'secret') };
}

/** A code that a login had sent; it has been answered. */
async function sentCode(scene: Scene): Promise<Shown> {
  const person = await scene.addPersonWithPhone();
  await authtoken(scene, person)(scene.server.call);
  return { ...person, code: newestCode(scene.server) };
}

export const logins: readonly Request[] = [
  ...atEach(doors, 'password, no second factor', (scene) => scene.addPerson()),
  ...atEach(doors, 'password, second factor needed', (scene) => scene.addPersonWithApp()),
  ...atEach(doorsOfBoth, 'password and TOTP code', async ({ server, addPersonWithApp }) => {
    const person = await addPersonWithApp();
    return { ...person, code: server.code(person.app) };
  }),
  ...atEach(doorsOfBoth, 'password and wrong TOTP code', async ({ server, addPersonWithApp }) => {
    const person = await addPersonWithApp();
    return { ...person, code: server.wrongCode(person.app) };
  }),
  ...atEach([authtoken], 'password, code sent by SMS', (scene) => scene.addPersonWithPhone()),
  ...atEach([authtoken], 'password and SMS code', sentCode),
  ...atEach([password], 'API key', apikeyOf),
  ...atEach(doors, 'wrong password', async (scene) => ({ ...(await scene.addPerson()), password: 'wrong' })),
  ...atEach(doors, 'unknown name', async ({ newName }) => ({ name: newName(), password: 'wrong' })),
];
