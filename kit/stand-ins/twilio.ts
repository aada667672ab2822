import type { ServerResponse } from 'node:http';
import { httpTroubles, standIn, type Seen, type Troubled } from './stand-in.ts';

export const twilioAccount = 'AC00000000000000000000000000000001';
export const twilioKey = 'SK00000000000000000000000000000002';
export const twilioToken = 'twilio-token-0123456789abcdef0123';
export const twilioFrom = '+15005550006';

/**
 * Destinations that Twilio's own test credentials refuse (twilio.com/docs/iam/test-credentials), and one number for each other
 * code of its dictionary that a POST to Messages can be answered with.
 */
export const twilioRefusals: Readonly<Record<string, readonly [status: number, code: number, message: string]>> = {
  '+15005550001': [400, 21211, "Invalid 'To' Phone Number: +1500555XXXX"],
  '+15005550002': [400, 21612, "The 'To' phone number: +15005550002, is not currently reachable via SMS."],
  '+15005550003': [400, 21408, "Permission to send an SMS has not been enabled for the region indicated by 'To'"],
  '+15005550004': [400, 21610, 'Attempt to send to unsubscribed recipient'],
  '+15005550009': [400, 21614, "'To' number is not a valid mobile number"],
  '+15005550101': [400, 21217, 'Phone number does not appear to be valid'],
  '+15005550102': [400, 21265, "'To' number cannot be a Short Code"],
  '+15005550103': [400, 21266, "'To' and 'From' number cannot be the same"],
  '+15005550104': [400, 21635, "'To' number cannot be a landline"],
  '+15005550105': [400, 21608, 'The number is unverified. Trial accounts cannot send messages to unverified numbers'],
  '+15005550106': [400, 21606, "The 'From' phone number provided is not a valid message-capable Twilio phone number"],
  '+15005550107': [400, 21401, 'Invalid Phone Number'],
  '+15005550108': [429, 20429, 'Too Many Requests'],
  '+15005550109': [500, 20500, 'An internal server error has occurred'],
  '+15005550110': [503, 21211, "Invalid 'To' Phone Number"],
  '+15005550111': [400, 29999, 'A code of next year'],
};

/** A stand-in for Twilio's Messages API, which answers as Twilio documents. */
export async function openTwilio(trouble?: string): Promise<Troubled<Seen>> {
  let present = trouble;
  const taken: Seen[] = [];
  const server = await standIn((request, response) => {
    const trick = present === undefined ? undefined : (httpTroubles[present] ?? oddAnswers[present]);
    const refusal = present === 'refuses the destination' ? twilioRefusals['+15005550001'] : refusalOf(request);
    if (trick) {
      trick(response);
    } else if (refusal) {
      refuse(response, ...refusal);
    } else {
      taken.push(request);
      accept(response, new URLSearchParams(request.body));
    }
  });
  return Object.assign(server, {
    mend: () => {
      present = undefined;
    },
    taken: () => taken,
  });
}

function refusalOf({ method, path, headers, body }: Seen): readonly [number, number, string] | undefined {
  const users = [twilioAccount, twilioKey].map((user) => `Basic ${btoa(`${user}:${twilioToken}`)}`);
  if (method !== 'POST') return [405, 20004, 'Method not allowed'];
  if (!users.includes(headers.authorization ?? '')) return [401, 20003, 'Authenticate'];
  if (path !== `/2010-04-01/Accounts/${twilioAccount}/Messages.json`) return [404, 20404, 'The requested resource'];
  const form = new URLSearchParams(body);
  if (headers['content-type'] !== 'application/x-www-form-urlencoded') return [415, 20000, 'Unsupported Media Type'];
  if (!form.get('Body')) return [400, 21602, 'Message body is required'];
  if (!form.has('From') && !form.has('MessagingServiceSid')) return [400, 21603, "A 'From' number is required"];
  const to = form.get('To') ?? '';
  return /^\+[0-9]{8,15}$/.test(to) ? twilioRefusals[to] : [400, 21211, `Invalid 'To' Phone Number: ${to}`];
}

function refuse(response: ServerResponse, status: number, code: number, message: string): void {
  const more_info = `https://www.twilio.com/docs/errors/${code}`;
  json(response, status, { code, message, more_info, status });
}

const sid = 'SM00000000000000000000000000000003';

function accept(
  response: ServerResponse,
  form: URLSearchParams,
  changes: Readonly<Record<string, unknown>> = {},
): void {
  const uri = `/2010-04-01/Accounts/${twilioAccount}/Messages/${sid}`;
  const now = 'Thu, 01 Jan 2026 12:00:00 +0000';
  json(response, 201, {
    account_sid: twilioAccount,
    api_version: '2010-04-01',
    body: form.get('Body'),
    date_created: now,
    date_sent: null,
    date_updated: now,
    direction: 'outbound-api',
    error_code: null,
    error_message: null,
    from: form.get('From'),
    messaging_service_sid: form.get('MessagingServiceSid'),
    num_media: '0',
    num_segments: '1',
    price: null,
    price_unit: 'USD',
    sid,
    status: form.has('From') ? 'queued' : 'accepted',
    subresource_uris: { media: `${uri}/Media.json` },
    to: form.get('To'),
    uri: `${uri}.json`,
    ...changes,
  });
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** Wrong answers that look like success. */
const oddAnswers: Readonly<Record<string, (response: ServerResponse) => void>> = {
  'a page': (response) => response.writeHead(201, { 'content-type': 'text/html' }).end('<h1>Created</h1>'),
  nothing: (response) => response.writeHead(201).end(),
  'an error within a 201': (response) => json(response, 201, { code: 21211, message: 'Invalid', status: 400 }),
  'a message that has failed': (response) =>
    accept(response, new URLSearchParams(), { status: 'failed', error_code: 30_008, error_message: 'Unknown error' }),
  'a failed message without a code': (response) => accept(response, new URLSearchParams(), { status: 'undelivered' }),
  'a queued message with a code': (response) => accept(response, new URLSearchParams(), { error_code: 30_008 }),
  'a message without an id': (response) => accept(response, new URLSearchParams(), { sid: null }),
  'a 200 of some other program': (response) => json(response, 200, { sid, status: 'queued', error_code: null }),
  'a 201 that does not end': (response) =>
    response.writeHead(201, { 'content-type': 'application/json' }).write(`{"sid":"${sid}"`),
};

export const twilioOddAnswers = Object.keys(oddAnswers);
