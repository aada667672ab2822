import { createHmac } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../base/clock.ts';
import { errorCode } from '../base/error-code.ts';
import { discardBody, post, readText, type UnreadResponse } from '../base/exchange.ts';
import { jsonOf } from '../base/json.ts';
import { success } from '../base/outcome.ts';
import { channels, declined, type Delivery, type Gateway } from './message.ts';
import { deadline, httpUrl, readSettings } from './settings.ts';

const settings = z.strictObject({
  url: httpUrl,
  secret: z.string().min(16, 'must have 16 characters or more'),
  channels: z
    .array(z.enum(['sms', 'email'], 'must be sms or email'))
    .min(1)
    .default([...channels]),
  deadline,
});

const refused = z.object({ error: z.enum(['invalid_destination', 'not_allowed']) });

/**
 * Posts messages as JSON to a program of the operator. The signature covers the timestamp (seconds since the Unix
 * epoch) and the body, so that the receiver can verify that the message is ours, unchanged and new.
 */
export function createWebhook(given: z.input<typeof settings>, clock: Clock): Gateway {
  const { url, secret, channels: taken, deadline: limit } = readSettings(settings, given, 'webhook');
  return {
    name: `webhook ${new URL(url).host}`,
    channels: taken,
    async send({ channel, to, subject, body }) {
      const text = JSON.stringify({ channel, to, subject, body });
      const timestamp = String(Math.floor(clock.now() / 1000));
      const headers = {
        'content-type': 'application/json',
        'countersign-timestamp': timestamp,
        'countersign-signature': `v1=${createHmac('sha256', secret).update(`${timestamp}.${text}`).digest('hex')}`,
      };
      try {
        return await classify(await post({ url, headers, body: text, deadline: limit }));
      } catch (error) {
        return declined('gateway_failed', errorCode(error));
      }
    },
  };
}

async function classify(response: UnreadResponse): Promise<Delivery> {
  const { status } = response;
  const ok = status >= 200 && status < 300;
  const detail = `status ${status}`;
  if (ok || status < 400 || status >= 500) {
    discardBody(response);
    return ok ? success(undefined) : declined('gateway_failed', detail);
  }
  const reason = refused.safeParse(jsonOf(await readText(response))).data?.error ?? 'gateway_failed';
  return declined(reason, detail);
}
