/** Phrases that stop a reader, and what to write instead. Ordinary words are listed with the context that makes them odd. */
const phrases: readonly (readonly [phrase: RegExp, instead: string])[] = [
  [/\bthe house\b/i, 'the server, Countersign'],
  [/\bcan not\b/i, 'cannot'],
  [/\b(?:lately|anew|meanwhile)\b/i, 'recently, again, at the same time'],
  [/\b(?:whoever|whomever)\b/i, 'name the subject'],
  [/\bbeside it\b/i, 'with it'],
  [/\benrol(?:s|ment|ments)?\b/i, 'enroll, enrollment'],
  [/\bways? in\b(?! (?:which|that|this))/i, 'login method'],
  [/\b(?:hangs? on|stands? twice|vouch(?:es)? for|in wrong hands|in a circle)\b/i, 'say it plainly'],
  [/\b(?:makes?|made) themsel(?:f|ves)\b/i, 'register'],
  [/\bis no (?:variable|thief|JSON|error|text|list|hash|number|signed)\b/i, 'is not …'],
  [/\b(?:shown this once|works no more|for ever|not taken|there already)\b/i, 'say it plainly'],
  [
    /\b(?:Asker|Enroller|Foreigner|Newcomer|turnAway|comeBack|keepTold|keepSwept|openEars|mourn|haunt|DuoHelp|DuoQuestion)\b/,
    'see the names in use',
  ],
];

/** A clause that stands for a subject, at the beginning of a sentence. A question may begin so. */
const opening = /(?:^[ /*|>-]*|[.!] )(?:Who|Whoever|Whom|Nobody|That which) [a-z][^?]*$/;

export type OddPhrase = { readonly line: number; readonly said: string; readonly instead: string };

/** A comment that begins with a clause instead of a noun: "What a session needs". */
const label = /(?:\/\*\*|^\s*\/\/) (?:What|Whose) [a-z][^?]*$/;

/** Where a text has such phrases. Lines of fenced code, headings and links to files are not prose. */
export function oddPhrases(text: string): readonly OddPhrase[] {
  let fenced = false;
  return text.split('\n').flatMap((line, at): OddPhrase[] => {
    if (/^\s*```/.test(line)) fenced = !fenced;
    if (fenced || line.startsWith('#')) return [];
    const prose = line.replaceAll(/\]\([^)]*\)/g, ']');
    const said = phrases.flatMap(([phrase, instead]): OddPhrase[] => {
      const found = phrase.exec(prose)?.[0];
      return found === undefined ? [] : [{ line: at + 1, said: found, instead }];
    });
    const clause = opening.exec(prose)?.[0] ?? label.exec(prose)?.[0];
    return clause === undefined
      ? said
      : [...said, { line: at + 1, said: clause.trim(), instead: 'subject, then verb' }];
  });
}
