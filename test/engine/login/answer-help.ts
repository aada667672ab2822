import { answer } from '../../../src/engine/login/answer.ts';
import type { House } from '../../../kit/house.ts';

export const step = 30_000;

export const reply = (home: House, challengeToken: string, text: unknown) =>
  answer(home.ctx, { challengeToken, reply: text });
