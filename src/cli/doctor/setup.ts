import { isLoopback } from '../../base/network.ts';
import { channels } from '../../messages/message.ts';
import type { ServerSettings } from '../settings.ts';
import { ok, problem, warning, type Finding } from './finding.ts';

export function checkUrl({ url, port }: ServerSettings): readonly Finding[] {
  if (url === undefined) return [warning('url', `http://localhost:${port}`, 'set COUNTERSIGN_URL to the public URL')];
  const { protocol, hostname } = new URL(url);
  if (protocol === 'https:' || isLoopback(hostname)) return [ok('url', url)];
  return [
    problem('url', `${url} is not https`, 'put a TLS proxy in front of it: passwords and tokens are sent over it'),
  ];
}

/** Checks which channels can send. Nothing is sent. */
export function checkGateways({ outbox, gateways }: ServerSettings): readonly Finding[] {
  if (outbox !== undefined)
    return [
      warning(
        'gateways',
        'messages and their codes are written to a file',
        'unset COUNTERSIGN_OUTBOX and set COUNTERSIGN_GATEWAYS',
      ),
    ];
  return channels.map((channel) => {
    const names = gateways.filter((gateway) => gateway.channels.includes(channel)).map(({ name }) => name);
    return names.length > 0
      ? ok('gateways', `${channel} is sent through ${names.join(', then ')}`)
      : warning('gateways', `no gateway sends ${channel}`, 'set COUNTERSIGN_GATEWAYS if users need it');
  });
}
