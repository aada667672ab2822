import { createHmac } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { httpTroubles, standIn, type Seen, type Troubled } from '../../kit/stand-ins/stand-in.ts';

export const webhookSecret = 'a secret that the hook shares with us';

export type Hooked = {
  readonly channel: string;
  readonly to: string;
  readonly subject?: string;
  readonly body: string;
};

/** A program of an operator's that takes messages, as our documents tell them to write it. */
export async function openWebhook(trouble?: string): Promise<Troubled<Hooked>> {
  let present = trouble;
  const taken: Hooked[] = [];
  const server = await standIn((request, response) => {
    const trick = present === undefined ? undefined : (httpTroubles[present] ?? answers[present]);
    if (!isSigned(request)) {
      response.writeHead(401).end();
    } else if (trick) {
      trick(response);
    } else {
      taken.push(JSON.parse(request.body) as Hooked);
      response.writeHead(202).end('thank you');
    }
  });
  return Object.assign(server, {
    mend: () => {
      present = undefined;
    },
    taken: () => taken,
  });
}

function isSigned({ method, headers, body }: Seen): boolean {
  const timestamp = String(headers['countersign-timestamp']);
  const signature = createHmac('sha256', webhookSecret).update(`${timestamp}.${body}`).digest('hex');
  return method === 'POST' && headers['countersign-signature'] === `v1=${signature}`;
}

const saying = (status: number, text: string) => (response: ServerResponse) => response.writeHead(status).end(text);

const answers: Readonly<Record<string, (response: ServerResponse) => void>> = {
  'refuses the destination': saying(422, '{"error":"invalid_destination"}'),
  'says yes and no more': (response) => response.writeHead(200).write('thank'),
  'forbids it': saying(403, '{"error":"not_allowed"}'),
  'says a word that is ours alone': saying(400, '{"error":"no_gateway"}'),
  'says a word that we do not know': saying(400, '{"error":"invalid"}'),
  'says no JSON': saying(400, 'invalid_destination'),
  'says a word alone': saying(400, '"invalid_destination"'),
  'is broken and names the destination': saying(500, '{"error":"invalid_destination"}'),
};
