import { copyFileSync } from 'node:fs';
import path from 'node:path';
import { CommandLine } from './command-line.js';
import { photoFolder } from './pictures.js';

interface Group {
  readonly cosine: number;
  readonly items: readonly { readonly source: string; readonly contentHash: string }[];
}

describe('clipgraph duplicates', () => {
  it('indexes what is missing, and groups exact copies', async () => {
    const line = new CommandLine();
    const photos = await photoFolder(0);
    copyFileSync(path.join(photos, 'dog.png'), path.join(photos, 'copy.png'));
    const groups = line.json<Group[]>('duplicates', photos, '--threshold', '0.99');
    expect(groups.map(({ items }) => items.map(({ source }) => source).sort())).toEqual([
      ['copy.png', 'dog.png'],
    ]);
    expect(groups[0].cosine).toBeCloseTo(1, 6);
    expect(line.run('duplicates', '--threshold', '0.99').stdout).toMatch(
      /^(dog|copy)\.png\n {2}exact copy {2}(dog|copy)\.png {2}\d+ × \d+, \d+ bytes\n$/,
    );
    expect(line.run('duplicates', photos, '--threshold', '0.99', '-0').stdout).toMatch(
      /^[^\0]*photos\/(dog|copy)\.png\0$/,
    );
  });
});
