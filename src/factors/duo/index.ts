import { z } from 'zod';
import { second } from '../../base/clock.ts';
import { success } from '../../base/outcome.ts';
import { defineFactor } from '../define-factor.ts';
import type { FactorContext } from '../factor.ts';
import type { Duo, DuoContext } from './protocol.ts';
import { duoSecrets, duoSettings, type DuoSettings } from './settings.ts';
import { duoUniversal, universalMemo, universalResponse } from './universal.ts';
import { duoWeb, longestResponse, webMemo } from './web.ts';

/** A code of another factor is a wrong response here, not a malformed one: clients send whatever a user types. */
const response = z.union([z.string().max(longestResponse), z.int().nonnegative(), universalResponse]);

/** Only Duo knows how the user authenticated, and RFC 8176 has no value for that. */
const proven = { amr: ['duo'], factors: 1, phishingResistant: false } as const;

/** Duo as a provider. It finds users by name and keeps their authenticators itself. */
export const duo = defineFactor({
  kind: 'duo',
  traits: {
    roles: ['second'],
    limit: 0,
    replaces: false,
    programOnly: false,
    phishingResistant: false,
    verifies: 'slow',
  },
  settings: {
    schema: ({ allowedHosts }) => duoSettings(allowedHosts),
    secrets: duoSecrets,
    inForce: nearest,
    verifies: true,
  },
  state: z.null(),
  memo: z.union([webMemo, universalMemo]),
  response,
  async prompt({ settings }, ctx) {
    const prompted = await protocolOf(settings).ask(settings, nameIn(ctx), duoContext(ctx, settings));
    if (prompted.ok) return success({ ...prompted.value, life: settings.app_expire * second });
    const { reason } = prompted;
    // There is no response yet that could be wrong.
    if (reason === 'wrong') throw new Error('a prompt of Duo was refused as a wrong response');
    return { ...prompted, reason };
  },
  async verify({ settings, memo, response: given }, ctx) {
    const checked = await protocolOf(settings).check(
      settings,
      { user: nameIn(ctx), memo, response: given },
      duoContext(ctx, settings),
    );
    return checked.ok ? success({ ...proven, spends: checked.value }) : checked;
  },
  handleOf: (given) => duoWeb.handleOf(given) ?? duoUniversal.handleOf(given),
});

/** A provider with an application secret key uses the Web SDK; any other uses the Universal Prompt. */
export function protocolOf({ application_secret_key: secret }: DuoSettings): Duo {
  return secret === undefined ? duoUniversal : duoWeb;
}

function nearest(layers: readonly DuoSettings[]): DuoSettings {
  const last = layers.at(-1);
  if (!last) throw new Error('no provider of Duo is configured');
  return last;
}

const nameIn = ({ user }: FactorContext) => user?.name ?? '';

function duoContext({ now, random, exchange, operator }: FactorContext, settings: DuoSettings): DuoContext {
  return { now, random, exchange, redirectUri: settings.redirect_uri ?? operator.redirectUri };
}
