/** An idle connection takes 20 kB, so that many take about a third of a server's memory. */
const most = 8192;

/** Reserved for other files: the database, gateways, providers, the keys. */
const others = 256;

/** The limit of open connections of a process, which leaves enough open files for its own use. */
export function roomForConnections(openFiles: number | undefined = openFilesAllowed()): number {
  if (openFiles === undefined) return most;
  return Math.min(most, openFiles - Math.min(others, Math.floor(openFiles / 2)));
}

/** Undefined: no limit. */
function openFilesAllowed(): number | undefined {
  // Otherwise Node looks up the names of all connected addresses. Its types lack this member.
  Object.assign(process.report, { excludeNetwork: true });
  const { userLimits } = process.report.getReport() as { userLimits?: { open_files?: { soft: number | 'unlimited' } } };
  const allowed = userLimits?.open_files?.soft;
  return typeof allowed === 'number' ? allowed : undefined;
}
