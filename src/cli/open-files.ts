/** Times some 20 kB, which is what an idle one costs: a third of what a node needs anyway. */
const most = 8192;

/** For what else is open: the database, gateways, providers, the keys. */
const others = 256;

/** How many connections a process takes at once, so that whoever opens more takes away none of the files that it opens itself. */
export function roomForConnections(openFiles: number | undefined = openFilesAllowed()): number {
  if (openFiles === undefined) return most;
  return Math.min(most, openFiles - Math.min(others, Math.floor(openFiles / 2)));
}

/** Undefined: nothing limits it. */
function openFilesAllowed(): number | undefined {
  // Otherwise a name server is asked for the names of all who are connected. Node's types do not know it yet.
  Object.assign(process.report, { excludeNetwork: true });
  const { userLimits } = process.report.getReport() as { userLimits?: { open_files?: { soft: number | 'unlimited' } } };
  const allowed = userLimits?.open_files?.soft;
  return typeof allowed === 'number' ? allowed : undefined;
}
