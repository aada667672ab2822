import { z } from 'zod';
import { errorCode } from '../base/error-code.ts';
import { post, readText } from '../base/exchange.ts';
import { jsonOf } from '../base/json.ts';
import { success } from '../base/outcome.ts';
import { declined, type Delivery, type Gateway, type Message, type MessageReason } from './message.ts';
import { deadline, httpUrl, readSettings } from './settings.ts';

const sid = (prefix: string) =>
  z.string().regex(new RegExp(`^${prefix}[0-9a-fA-F]{32}$`), `must be ${prefix} and 32 hexadecimal digits`);

const settings = z
  .strictObject({
    url: httpUrl.default('https://api.twilio.com'),
    account: sid('AC'),
    /** An API key, which Twilio recommends over the account's own token. */
    key: sid('SK').optional(),
    /** The key's secret, or the account's token if there is no key. */
    token: z.string().min(1, 'must not be empty'),
    from: z
      .string()
      .regex(/^(?:\+[1-9][0-9]{6,14}|[0-9]{3,8}|(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11})$/, 'must be a number or a sender id')
      .optional(),
    messagingService: sid('MG').optional(),
    deadline,
  })
  .refine(({ from, messagingService }) => (from === undefined) !== (messagingService === undefined), {
    message: 'needs either from or messagingService',
  });

/**
 * Twilio's error codes that are not our own failures (twilio.com/docs/api/errors). All others count as ours, unknown
 * ones included: Twilio splits and adds codes every year.
 */
const reasons: ReadonlyMap<number, MessageReason> = new Map([
  [21211, 'invalid_destination'], // not a valid number
  [21217, 'invalid_destination'], // does not appear to be valid
  [21265, 'invalid_destination'], // a short code
  [21266, 'invalid_destination'], // the number that messages are sent from
  [21614, 'invalid_destination'], // not a mobile number
  [21635, 'invalid_destination'], // a landline
  [21408, 'not_allowed'], // a region that the account has switched off
  [21610, 'not_allowed'], // the owner has answered STOP
]);

const accepted = z.object({
  sid: z.string().regex(/^(?:SM|MM)[0-9a-fA-F]{32}$/),
  status: z.string(),
  error_code: z.null().optional(),
});
/** A refusal has `code`; a message that was created and has already failed has `error_code`. */
const refused = z.object({ code: z.int(), error_code: z.int() }).partial();
const failures = new Set(['failed', 'undelivered', 'canceled']);

/** Sends SMS with Twilio's Messages API, version 2010-04-01. */
export function createTwilio(given: z.input<typeof settings>): Gateway {
  const checked = readSettings(settings, given, 'twilio');
  const { account, key = account, token } = checked;
  const url = new URL(`/2010-04-01/Accounts/${account}/Messages.json`, checked.url);
  const headers = {
    authorization: `Basic ${Buffer.from(`${key}:${token}`).toString('base64')}`,
    'content-type': 'application/x-www-form-urlencoded',
    accept: 'application/json',
  };
  const sender = checked.from === undefined ? 'MessagingServiceSid' : 'From';
  const form = ({ to, body }: Message) =>
    new URLSearchParams({ To: to, [sender]: checked.from ?? checked.messagingService ?? '', Body: body }).toString();
  return {
    name: `twilio ${url.host}`,
    channels: ['sms'],
    async send(message) {
      try {
        const response = await post({ url: url.href, headers, body: form(message), deadline: checked.deadline });
        return classify(response.status, jsonOf(await readText(response)));
      } catch (error) {
        return declined('gateway_failed', errorCode(error));
      }
    },
  };
}

function classify(status: number, answer: unknown): Delivery {
  const message = accepted.safeParse(answer);
  if (status === 201 && message.success && !failures.has(message.data.status)) return success(undefined);
  const { data = {} } = refused.safeParse(answer);
  const code = data.code ?? data.error_code ?? 0;
  const detail = code === 0 ? `status ${status}` : `status ${status}, error ${code}`;
  // A server error says nothing reliable about the number.
  return declined((status < 500 ? reasons.get(code) : undefined) ?? 'gateway_failed', detail);
}
