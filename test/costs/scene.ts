/** Where the counted requests are made: a server with everything that they are about, and as many users as they want. */
import { addOAuthApp, enableSms, type OAuthApp } from '../../kit/doors.ts';
import type { Ask } from '../../kit/nodes.ts';
import type { Answer, App, Person, Server } from '../../kit/server.ts';
import { openEveryChain, rootOf } from '../../kit/chains.ts';
import { duoFixture, type DuoFixture } from '../http/doors/crossbar/duo-fixture.ts';
import { addService } from '../http/doors/challenges/service.ts';
import { countedNode, type CountedNode } from './counted.ts';

export type Scene = AsyncDisposable & {
  /** Prepares the requests. */
  readonly server: Server;
  /** Answers them. */
  readonly counted: CountedNode;
  /** An account whose users need Duo. */
  readonly duo: DuoFixture;
  readonly client: OAuthApp;
  /** The apikey of a service. */
  readonly key: string;
  readonly addPerson: () => Promise<Person>;
  readonly addPersonWithApp: () => Promise<Person & { readonly app: App }>;
  /** Somebody who gets codes by text message. */
  readonly addPersonWithPhone: () => Promise<Person>;
  /** A name that no user has. */
  readonly newName: () => string;
  /** A number that had no message yet. */
  readonly newPhone: () => string;
};

/** Sends one request to a node. */
export type Ready = (ask: Ask) => Promise<Answer>;

export type Request = {
  readonly name: string;
  /** Does whatever comes before the request. */
  readonly prepare: (scene: Scene) => Promise<Ready>;
};

export async function openScene(database: string): Promise<Scene> {
  const duo = await duoFixture('Web SDK', { database });
  const { server, acme } = duo;
  for (const account of [await rootOf(server), acme.id]) await openEveryChain(server, account);
  const counted = countedNode(server, database);
  let made = 0;
  const newName = () => `user ${(made += 1)}`;
  const addPerson = () => server.addPerson(newName());
  const newPhone = () => `+1213373${1000 + (made += 1)}`;
  return {
    server,
    counted,
    duo,
    client: await addOAuthApp(server),
    key: (await addService(server, 'root', 'shop')).key,
    addPerson,
    async addPersonWithApp() {
      const person = await addPerson();
      return { ...person, app: await server.addApp(person) };
    },
    async addPersonWithPhone() {
      const person = await addPerson();
      await enableSms(server, person, newPhone());
      return person;
    },
    newName,
    newPhone,
    async [Symbol.asyncDispose]() {
      await counted[Symbol.asyncDispose]();
      await duo[Symbol.asyncDispose]();
    },
  };
}
