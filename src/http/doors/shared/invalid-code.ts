import { refuse } from '../../../base/outcome.ts';
import { problemOf } from '../../errors/reasons.ts';

const wrong = problemOf(refuse('wrong'));

/** A response that loses a race with the right code is answered like a used code. */
export const asWrongCode = { raced: wrong, no_authenticator: wrong };
