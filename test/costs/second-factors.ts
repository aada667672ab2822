/** Requests that bring a second factor by itself, and those that lead to one. */
import { approve } from '../factors/duo-help.ts';
import { newestCode } from '../../kit/doors.ts';
import { member } from '../../kit/server.ts';
import type { Request, Scene } from './scene.ts';

type Challenged = {
  readonly challenge: string;
  readonly right: string;
  readonly wrong: string;
  readonly recovery: string;
};

/** A login that has led to a challenge, and codes for it. */
async function challenged({ server, addPersonWithApp }: Scene): Promise<Challenged> {
  const person = await addPersonWithApp();
  const [recovery = ''] = person.app.codes;
  const challenge = await server.challenge(person);
  return { challenge, right: server.code(person.app), wrong: server.wrongCode(person.app), recovery };
}

/** A request that answers a challenge at the secrets door. */
const answer = (name: string, code: (challenged: Challenged) => string): Request => ({
  name,
  async prepare(scene) {
    const made = await challenged(scene);
    const json = { challenge_token: made.challenge, token: code(made) };
    return (ask) => ask('POST', '/auth/totp', { json });
  },
});

const challengeOf = async ({ server, addPersonWithPhone }: Scene) => server.challenge(await addPersonWithPhone());

export const secondFactors: readonly Request[] = [
  answer('TOTP code', ({ right }) => right),
  answer('wrong TOTP code', ({ wrong }) => wrong),
  answer('recovery code', ({ recovery }) => recovery),
  {
    name: 'TOTP code',
    async prepare(scene) {
      const { challenge: bearer, right: code } = await challenged(scene);
      return (ask) => ask('POST', '/challenges/current/verify', { bearer, json: { code } });
    },
  },
  {
    name: 'code sent by SMS',
    async prepare(scene) {
      const bearer = await challengeOf(scene);
      return (ask) => ask('POST', '/challenges/current/send', { bearer, json: {} });
    },
  },
  {
    name: 'SMS code',
    async prepare(scene) {
      const bearer = await challengeOf(scene);
      await scene.server.call('POST', '/challenges/current/send', { bearer, json: {} });
      const json = { code: newestCode(scene.server) };
      return (ask) => ask('POST', '/challenges/current/verify', { bearer, json });
    },
  },
];

/** A service asks for the second factor of a user. */
async function asked({ server, key, addPersonWithApp }: Scene) {
  const { name, app } = await addPersonWithApp();
  const made = await server.call('POST', '/challenges', { bearer: key, json: { user: { name } } });
  return { path: `/challenges/${member(made, 'id')}`, code: server.code(app) };
}

/** The same of a user who gets codes by text message. */
async function askedByPhone({ server, key: bearer, addPersonWithPhone }: Scene): Promise<string> {
  const { name } = await addPersonWithPhone();
  return `/challenges/${member(await server.call('POST', '/challenges', { bearer, json: { user: { name } } }), 'id')}`;
}

export const services: readonly Request[] = [
  {
    name: 'service asks for a second factor',
    async prepare({ key: bearer, addPersonWithApp }) {
      const { name } = await addPersonWithApp();
      return (ask) => ask('POST', '/challenges', { bearer, json: { user: { name } } });
    },
  },
  {
    name: 'service verifies the TOTP code',
    async prepare(scene) {
      const { path, code } = await asked(scene);
      return (ask) => ask('POST', `${path}/verify`, { bearer: scene.key, json: { code } });
    },
  },
  {
    name: 'code sent by SMS for a service',
    async prepare(scene) {
      const path = await askedByPhone(scene);
      return (ask) => ask('POST', `${path}/send`, { bearer: scene.key, json: {} });
    },
  },
  {
    name: 'service verifies the SMS code',
    async prepare(scene) {
      const path = await askedByPhone(scene);
      await scene.server.call('POST', `${path}/send`, { bearer: scene.key, json: {} });
      const json = { code: newestCode(scene.server) };
      return (ask) => ask('POST', `${path}/verify`, { bearer: scene.key, json });
    },
  },
  {
    name: 'service redeems the assertion',
    async prepare(scene) {
      const { path, code } = await asked(scene);
      const approved = await scene.server.call('POST', `${path}/verify`, { bearer: scene.key, json: { code } });
      const json = { assertion: member(approved, 'assertion') };
      return (ask) => ask('POST', `${path}/redeem`, { bearer: scene.key, json });
    },
  },
  {
    name: 'service reads the status of the challenge',
    async prepare(scene) {
      const { path } = await asked(scene);
      return (ask) => ask('GET', path, { bearer: scene.key });
    },
  },
];

const duoLogin = ({ acme: { username, password, id: account_id } }: Scene['duo'], more: object = {}) => ({
  json: { data: { username, password, account_id, ...more } },
});

export const duo: readonly Request[] = [
  {
    name: 'password, Duo Web needed',
    prepare: async (scene) => (ask) => ask('PUT', '/v2/user_auth', duoLogin(scene.duo)),
  },
  {
    name: 'password and the response of Duo Web',
    async prepare(scene) {
      const { duo_sig_request } = await scene.duo.asked();
      const call = duoLogin(scene.duo, { multi_factor_response: approve(duo_sig_request) });
      return (ask) => ask('PUT', '/v2/user_auth', call);
    },
  },
];
