/** Users of accounts that share a provider are different people to Duo, whatever their names (contract section 4). */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { dataOf, door } from './door.ts';
import { duoFixture, protocols, tenantBelow, yes, type DuoFixture, type Tenant } from './duo-fixture.ts';

/** A user of this name in the account, with a password. */
async function namesake({ server }: DuoFixture, id: string, username: string): Promise<Tenant> {
  const password = 'the secret of a namesake';
  const made = await door(server)(201, 'PUT', `accounts/${id}/users`, { username, password });
  return { id, username, password, uid: String(dataOf(made)['id']), token: '' };
}

/** The name by which Duo is asked for a user. */
function nameAtDuo({ duo_auth_url: url, duo_sig_request: request = '' }: Record<string, string>): string {
  const claims = new URL(url ?? 'https://none.example').searchParams.get('request')?.split('.')[1];
  if (claims !== undefined)
    return (JSON.parse(Buffer.from(claims, 'base64url').toString()) as { duo_uname: string }).duo_uname;
  const fields = Buffer.from(request.split('|')[1] ?? '', 'base64').toString();
  return fields.split('|')[0] ?? '';
}

for (const protocol of protocols) {
  describe(`the users that Duo sees (${protocol})`, () => {
    test('are named alone in the account of the provider, and with their account below it', async () => {
      await using fixture = await duoFixture(protocol);
      const { acme } = fixture;
      const east = await tenantBelow(fixture);
      const below = await namesake(fixture, east.id, acme.username);
      assert.equal(nameAtDuo(await fixture.asked()), acme.username);
      assert.equal(nameAtDuo(await fixture.asked(below)), `${acme.username}@${east.id}`);
    });

    test('log in with the answer of Duo about that name', async () => {
      await using fixture = await duoFixture(protocol);
      const east = await tenantBelow(fixture);
      const below = await namesake(fixture, east.id, fixture.acme.username);
      const response = await yes(fixture, await fixture.asked(below));
      assert.equal((await fixture.logIn({ multi_factor_response: response }, below)).status, 201);
    });

    test('are not mistaken for a user below, by a name that ends with an account', async () => {
      await using fixture = await duoFixture(protocol);
      const { acme } = fixture;
      const east = await tenantBelow(fixture);
      const posing = await namesake(fixture, acme.id, `${east.username}@${east.id}`);
      assert.notEqual(nameAtDuo(await fixture.asked(posing)), nameAtDuo(await fixture.asked(east)));
    });
  });
}
