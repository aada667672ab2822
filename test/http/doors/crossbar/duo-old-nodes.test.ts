/** While nodes of version 0.1.0 are replaced one by one, they and this one answer each other's prompts, and no recovery code does. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onEachDatabase } from '../../../../kit/databases.ts';
import { approve } from '../../../factors/duo-help.ts';
import { duoFixture, type DuoFixture, type Protocol, type Wishes } from './duo-fixture.ts';

/** Duo alone was asked, and knows no such code. */
const said = {
  'Web SDK': 'the response is wrong (is not a signed response)',
  'Universal Prompt': 'the response is wrong (has no state and code)',
};

const protocols = ['Web SDK', 'Universal Prompt'] as const;

async function yes({ duo }: DuoFixture, asked: Record<string, string>, protocol: Protocol): Promise<unknown> {
  return protocol === 'Web SDK' ? approve(asked['duo_sig_request']) : duo.visit(asked['duo_auth_url'] ?? '');
}

onEachDatabase('nodes of version 0.1.0', (on) => {
  for (const protocol of protocols) {
    test(`${protocol}: find a prompt of this one where they look for it, in the form that they read`, async () => {
      await using fixture = await duoFixture(protocol, { on });
      const asked = await fixture.asked();
      const { store } = fixture.server.countersign.context;
      const row = await store.db.selectFrom('challenges').selectAll().executeTakeFirstOrThrow();
      const sealed = row?.prompt ?? assert.fail('nothing is there');
      const text = store.safe.open(`challenges.prompt.${row.id}.${row.user_id}`, sealed);
      const { provider, ask, memo, handle, token, ...more } = JSON.parse(text) as Record<string, unknown>;
      assert.deepEqual([provider, ask, more], [{ accountId: fixture.acme.id, id: fixture.provider }, asked, {}]);
      const memos = { 'Web SDK': ['app'], 'Universal Prompt': ['nonce', 'redirect_uri', 'state'] };
      assert.deepEqual(Object.keys(memo as object).toSorted(), memos[protocol]);
      assert.equal(store.safe.macs('challenge.handle', String(handle)).includes(row.handle ?? ''), true);
      assert.equal(store.safe.macs('challenge', String(token)).includes(row.token_hash), true);
    });

    test(`${protocol}: put prompts that are answered here`, async () => {
      await using fixture = await duoFixture(protocol, { on });
      const multi_factor_response = await yes(fixture, await fixture.asked(), protocol);
      assert.deepEqual((await fixture.server.rows())['prompts'], []);
      assert.equal((await fixture.logIn({ multi_factor_response })).status, 201);
      assert.equal((await fixture.logIn({ multi_factor_response })).status, 401);
    });

    test(`${protocol}: know as this one does that a recovery code and a code of an app answer no prompt`, async () => {
      let codes: readonly string[] = [];
      const before: Wishes['before'] = async (at, admin) => {
        ({ codes } = await at.addApp(admin));
      };
      await using fixture = await duoFixture(protocol, { on, before });
      const { server, acme } = fixture;
      const basic = [acme.username, acme.password] as const;
      const asked = await server.call('POST', `/auth/password?account=${acme.id}`, { basic });
      const { challenge_token } = asked.json as { challenge_token: string };
      for (const token of [codes[1], '123456']) {
        const answer = await server.call('POST', '/auth/totp', { json: { token, challenge_token } });
        assert.equal(answer.status, 401, answer.text);
      }
      assert.equal((await fixture.newest())['message'], said[protocol]);
    });
  }
});
