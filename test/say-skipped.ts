/** Says what is missing and that its tests are skipped; in CI a skip is a failure. */
export function saySkipped(message: string): void {
  if (process.env.CI !== undefined) throw new Error(message);
  process.stderr.write(`${message}\n`);
}
