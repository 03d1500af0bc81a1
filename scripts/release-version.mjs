// What the release workflow runs to make the next version: its number from the changesets, and the changelog's Unreleased
// part under that number and today's date.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

process.chdir(path.join(path.dirname(fileURLToPath(import.meta.url)), '..'));
const HEADING = '## [Unreleased]\n';

const { status } = spawnSync('npx', ['changeset', 'version'], { stdio: 'inherit' });
if (status !== 0) process.exit(status ?? 1);
spawnSync('npm', ['install', '--package-lock-only', '--ignore-scripts'], { stdio: 'inherit' });

const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
const changelog = readFileSync('CHANGELOG.md', 'utf8');
if (!changelog.includes(HEADING)) throw new Error('CHANGELOG.md has no part for what is unreleased.');
if (!changelog.includes(`## [${version}]`)) {
  const today = new Date().toISOString().slice(0, 10);
  writeFileSync('CHANGELOG.md', changelog.replace(HEADING, `${HEADING}\n## [${version}] - ${today}\n`));
}
