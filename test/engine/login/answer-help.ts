import { answerLogin } from '../../../src/engine/login/answer-login.ts';
import type { House } from '../../../kit/house.ts';

export const step = 30_000;

export const response = (home: House, challengeToken: string, text: unknown) =>
  answerLogin(home.ctx, { challengeToken, response: text });
