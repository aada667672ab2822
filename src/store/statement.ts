import type { Compilable, Kysely, QueryResult } from 'kysely';
import type { Tables } from './tables.ts';

type Value = string | number | null;
type Values = Readonly<Record<string, Value | readonly Value[]>>;

type Compiled<Given, Row> = {
  readonly query: ReturnType<Compilable<Row>['compile']>;
  /** What stands in the place of each parameter, given the values of a call. */
  readonly parameters: readonly ((given: Given) => unknown)[];
};

/**
 * A statement that is asked at every login or at every request. Kysely takes longer to write such a one than SQLite to answer it, so it is
 * written once, for each database and each length of the lists in it, with marks where the values of a call go. `write` sees these marks: it may
 * put them into the statement, and ask whether a list is empty, but not look at them.
 */
export function statement<Given extends Values, Row>(
  write: (db: Kysely<Tables>, given: Given) => Compilable<Row>,
): (db: Kysely<Tables>, given: Given) => Promise<QueryResult<Row>> {
  const known = new WeakMap<object, Map<string, Compiled<Given, Row>>>();
  return async (db, given) => {
    // One object for each database, whether in a transaction or not.
    const { adapter } = db.getExecutor();
    const ofDatabase = known.get(adapter) ?? new Map<string, Compiled<Given, Row>>();
    known.set(adapter, ofDatabase);
    const lengths = lengthsOf(given);
    const compiled = ofDatabase.get(lengths) ?? compile(db, given, write);
    ofDatabase.set(lengths, compiled);
    return db.executeQuery({ ...compiled.query, parameters: compiled.parameters.map((read) => read(given)) });
  };
}

const lengthsOf = (given: Values) =>
  Object.values(given)
    .filter((value) => Array.isArray(value))
    .map(({ length }) => length)
    .join();

function compile<Given extends Values, Row>(
  db: Kysely<Tables>,
  given: Given,
  write: (db: Kysely<Tables>, given: Given) => Compilable<Row>,
): Compiled<Given, Row> {
  // A symbol throws when it is added, joined or put into a text, so a mark that is looked at is found at the first call.
  const marks = new Map<unknown, (given: Given) => unknown>();
  const mark = (name: string, read: (given: Given) => unknown) => {
    const made = Symbol(name);
    marks.set(made, read);
    return made;
  };
  const marked = Object.entries(given).map(([name, value]) => [
    name,
    Array.isArray(value)
      ? value.map((_, at) => mark(name, (values) => Reflect.get(values[name] as readonly Value[], at)))
      : mark(name, (values) => values[name]),
  ]);
  const query = write(db, Object.fromEntries(marked) as Given).compile();
  const unused = [...marks.keys()].filter((made) => !query.parameters.includes(made));
  if (unused.length > 0) throw new Error(`a statement leaves out what it is given: ${unused.map(String).join(', ')}`);
  return { query, parameters: query.parameters.map((parameter) => marks.get(parameter) ?? (() => parameter)) };
}
