import { member, type Answer } from '../../../../kit/server.ts';

/** The status and the code of a problem: `401 invalid_code`. */
export const code = (answer: Answer) => `${answer.status} ${member(answer, 'code')}`;
