import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hchacha20, openXChaCha } from '../../../src/cli/import/formats/xchacha.ts';

const hex = (text: string) => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');

// draft-irtf-cfrg-xchacha-03 section 2.2.1
test('HChaCha20 makes the subkey of the vector', () => {
  const key = hex('000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f');
  const nonce = hex('000000090000004a0000000031415927');
  assert.equal(
    hchacha20(key, nonce).toString('hex'),
    '82413b4227b27bfed30e42508a877d73a0f9e4d58a74a853c12ec41326d3ecdc',
  );
});

/** By @noble/ciphers 2 with its managed nonce, as Better Auth seals: the key is the SHA-256 of `a key`. */
const key = hex('8fa3aab2faa9b79e0a0398da5b5abd0780142442a5be80b9a64608d718cb1fcd');
const sealed = hex(
  '7e3df7212ba47024040c6930adf9a2dee13d23b9a06dc129c3438b9adaf011af2736da9817366bc7c36b087c67e052f38b65982ca028315d73d7d62f492c4df333066838c3a16d36e4c97f11b01b4205e1a2bc7d058f23aaae5477bd76aa0424c13ae512556b6bd7966d0c2181b47e658a654ee27e094576',
);

test('what another implementation sealed is opened', () => {
  assert.equal(
    openXChaCha(key, sealed),
    'a seed, and more than one block of text so that the counter moves on: 0123456789',
  );
});

test('with another key, changed anywhere, or cut off, nothing is opened', () => {
  assert.equal(openXChaCha(hex('00'.repeat(32)), sealed), undefined);
  for (let at = 0; at < sealed.length; at += 1) {
    const changed = Buffer.from(sealed);
    changed[at] = (changed[at] ?? 0) ^ 1;
    assert.equal(openXChaCha(key, changed), undefined, `byte ${at}`);
  }
  for (const length of [0, 1, 39, sealed.length - 1])
    assert.equal(openXChaCha(key, sealed.subarray(0, length)), undefined);
});
