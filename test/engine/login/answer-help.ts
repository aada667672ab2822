import { answerLogin } from '../../../src/engine/login/answer-login.ts';
import type { TestEngine } from '../../../kit/test-engine.ts';

export const step = 30_000;

export const response = (engine: TestEngine, challengeToken: string, text: unknown) =>
  answerLogin(engine.ctx, { challengeToken, response: text });
