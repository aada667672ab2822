import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import { createExchange } from '../../src/base/exchange.ts';
import { duoUniversal } from '../../src/factors/duo/universal.ts';
import { selfSigned } from '../../kit/stand-ins/certificate.ts';
import { httpTroubles } from '../../kit/stand-ins/stand-in.ts';
import { duoClient, duoSecret, type Endpoint } from '../../kit/stand-ins/duo.ts';
import { claimsOf } from '../../kit/hs512.ts';
import { duoContext, endOf, redirectUri } from './duo-help.ts';
import { openScene, questionOf } from './duo-universal-help.ts';
import { noon, yes } from './help.ts';

describe('a question by the Universal Prompt', () => {
  test('leads to Duo with a request that Duo takes, after a look at its health', async () => {
    await using scene = await openScene();
    const question = await scene.ask();
    const { state, duo_code } = await scene.visit(question);
    assert.deepEqual([state, duo_code !== ''], [question.ask.state, true]);
    const paths = scene.server.seen.map(({ method, path = '' }) => `${method} ${path.split('?')[0]}`);
    assert.deepEqual(paths, ['POST /oauth/v1/health_check', 'GET /oauth/v1/authorize']);
  });

  test('says in the request who is asked about, for whom, and until when', async () => {
    await using scene = await openScene();
    const { ask: asked } = await scene.ask('Größe|漢字 😀');
    const url = new URL(asked.url);
    const { nonce, ...request } = claimsOf(url.searchParams.get('request') ?? '', duoSecret) ?? assert.fail();
    assert.deepEqual(request, {
      scope: 'openid',
      response_type: 'code',
      client_id: duoClient,
      redirect_uri: redirectUri,
      iss: duoClient,
      aud: `https://${scene.server.host}`,
      exp: noon / 1000 + 285 + 15,
      state: asked.state,
      duo_uname: 'Größe|漢字 😀',
      use_duo_code_attribute: true,
    });
    assert.equal(nonce, url.searchParams.get('nonce'));
    assert.match(`${String(nonce)} ${asked.state}`, /^[0-9a-f]{36} [0-9a-f]{36}$/);
  });

  test('gives the request no more than the five minutes that Duo allows, and less when the settings say so', async () => {
    await using scene = await openScene();
    for (const [duo_expire, life] of [
      [60, 60],
      [3600, 300],
    ] as const) {
      const asked = await duoUniversal.ask({ ...scene.settings, duo_expire }, 'alice', scene.at(noon));
      const question = questionOf(yes(asked));
      const request = new URL(question.ask.url).searchParams.get('request') ?? '';
      assert.equal(claimsOf(request, duoSecret)?.exp, noon / 1000 + life);
    }
  });

  test('has a state and a nonce of its own, and tells the client no secret', async () => {
    await using scene = await openScene();
    const questions = [await scene.ask(), await scene.ask()];
    const states = questions.flatMap(({ memo }) => Object.values(memo as Record<string, string>));
    assert.equal(new Set(states).size, 5); // The two share the redirect URI.
    assert.equal(inspect(questions).includes(duoSecret), false);
    assert.deepEqual(
      questions.map(({ handle }) => handle),
      questions.map(({ ask: asked }) => asked.state),
    );
  });

  test("can't be asked about nobody, or about half a character, and then Duo hears nothing", async () => {
    await using scene = await openScene();
    for (const user of ['', '\ud800']) {
      assert.match(endOf(await duoUniversal.ask(scene.settings, user, scene.at(noon))), /^unsuitable_user: /);
    }
    assert.equal(scene.server.seen.length, 0);
  });
});

describe('a Duo that is not to be had', () => {
  const json = (status: number, body: unknown) => (response: ServerResponse) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  const text = (status: number, body: string) => (response: ServerResponse) =>
    void response.writeHead(status).end(body);
  const refusal = { code: 40002, message: 'invalid_client', message_detail: duoSecret, stat: 'FAIL', timestamp: 1 };
  const endless = ['says nothing', 'stops in the middle', 'talks slowly'];

  const answers: Record<string, [(response: ServerResponse) => void, string]> = {
    ...Object.fromEntries(Object.entries(httpTroubles).map(([what, trick]) => [what, [trick, 'provider_unavailable']])),
    'sends us elsewhere': [httpTroubles['sends us elsewhere'] ?? assert.fail(), 'provider_nonsense: status 307'],
    'sends us elsewhere with an error': [json(302, { error: 'invalid_client' }), 'provider_nonsense: status 302'],
    'fails with words': [json(500, refusal), 'provider_unavailable: status 500'],
    'does not know us': [json(400, refusal), 'provider_refused: status 400, invalid_client'],
    'does not know us, with a status that says all is well': [
      json(200, refusal),
      'provider_refused: status 200, invalid_client',
    ],
    'does not know us, as OAuth2 says it': [
      json(401, { error: 'invalid_client' }),
      'provider_refused: status 401, invalid_client',
    ],
    'refuses for a reason that repeats a secret': [json(400, { error: duoSecret }), 'provider_refused: status 400'],
    'refuses without a reason': [json(403, { stat: 'FAIL' }), 'provider_refused: status 403'],
    'is some other program': [text(404, '<h1>Not Found</h1>'), 'provider_nonsense: status 404'],
    'answers with a page': [text(200, '<h1>OK</h1>'), 'provider_nonsense: status 200'],
    'answers with nothing': [text(200, ''), 'provider_nonsense: status 200'],
    'answers with a word': [json(200, 'OK'), 'provider_nonsense: status 200'],
    'answers with null': [json(200, null), 'provider_nonsense: status 200'],
    'answers with something else': [json(200, { stat: 'ok' }), 'provider_nonsense: status 200'],
    'answers with a status that is none of its own': [json(202, { stat: 'OK' }), 'provider_nonsense: status 202'],
  };
  for (const [what, [answer, expected]] of Object.entries(answers)) {
    for (const endpoint of ['health_check', 'token'] as const satisfies readonly Endpoint[]) {
      test(`lets nobody in when it ${what} at ${endpoint}`, async () => {
        await using scene = await openScene();
        const question = await scene.ask();
        const reply = await scene.visit(question);
        scene.server.play({ answers: { [endpoint]: answer } });
        const before = scene.server.seen.length;
        const deadline = endless.includes(what) ? 120 : 10_000;
        const outcome =
          endpoint === 'token'
            ? await scene.check(question, reply, { deadline })
            : await duoUniversal.ask(scene.settings, 'alice', scene.at(noon, deadline));
        assert.equal(endOf(outcome).startsWith(expected), true, endOf(outcome));
        assert.equal(inspect(outcome).includes(duoSecret), false);
        assert.equal(scene.server.seen.length, before + 1, 'it was asked more than once');
      });
    }
  }

  test('is not said to have refused a code where there was none', async () => {
    await using scene = await openScene();
    scene.server.play({ answers: { health_check: json(400, { error: 'invalid_grant' }) } });
    const outcome = await duoUniversal.ask(scene.settings, 'alice', scene.at(noon));
    assert.equal(endOf(outcome), 'provider_refused: status 400');
  });

  test('is not taken for Duo when it has a certificate of its own making', async () => {
    await using scene = await openScene();
    const exchange = createExchange({ deadline: 10_000, ca: selfSigned().cert });
    const outcome = await duoUniversal.ask(scene.settings, 'alice', duoContext({ exchange }));
    assert.match(endOf(outcome), /^provider_unavailable: [A-Z_]*(?:CERT|SIGNATURE)[A-Z_]*$/);
    assert.equal(scene.server.seen.length, 0);
  });

  test('lets nobody in when nobody is there', async () => {
    const scene = await openScene();
    await scene[Symbol.asyncDispose]();
    const outcome = await duoUniversal.ask(scene.settings, 'alice', scene.at(noon));
    assert.equal(endOf(outcome), 'provider_unavailable: ECONNREFUSED');
  });
});
