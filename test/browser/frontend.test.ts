import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { build } from 'esbuild';
import type { Browser } from 'playwright-core';
import { EXAMPLES_FOLDER } from '../../src/media/index.js';
import { runServer, type RunningServer } from '../running-server.js';
import { launchBrowser } from './chromium.js';
import { describeInBrowser } from './describe-in-browser.js';

const FOLDER = path.join(__dirname, '..', '..', 'docs', 'frontend');

/** The example as a site of its own, on another origin than the server. */
async function serveExample(): Promise<http.Server> {
  const { outputFiles } = await build({
    entryPoints: [path.join(FOLDER, 'main.tsx')],
    bundle: true,
    write: false,
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"production"' },
  });
  const page = readFileSync(path.join(FOLDER, 'index.html'));
  const site = http.createServer((request, response) => {
    const isScript = request.url === '/main.js';
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
    response.end(isScript ? outputFiles[0].contents : page);
  });
  site.listen(0, '127.0.0.1');
  await once(site, 'listening');
  return site;
}

describeInBrowser('the example of a frontend', () => {
  let browser: Browser;
  let site: http.Server;
  let origin: string;
  beforeAll(async () => {
    [browser, site] = await Promise.all([launchBrowser(), serveExample()]);
    origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    await browser.close();
    site.close();
  });

  async function open(server: RunningServer) {
    const page = await browser.newPage();
    await page.goto(`${origin}/?server=${encodeURIComponent(server.url)}`);
    return page;
  }

  it('searches photos and embeds many texts, from an origin that is allowed', async () => {
    const server = await runServer({ cors: { origins: [origin] } });
    try {
      const page = await open(server);
      await page.locator('progress[title="200 of 200"]').waitFor();
      const photos = ['cat.jpg', 'dog.png', 'rocket.jpg'].map((name) => path.join(EXAMPLES_FOLDER, name));
      await page.getByLabel('Photos').setInputFiles(photos);
      await page.getByLabel('What is looked for').fill('a dog');
      await page.getByRole('button', { name: 'Search 3 photos' }).click();
      await page.locator('li', { hasText: 'dog.png: 0.59' }).waitFor();
      expect((await page.locator('li').allTextContents())[0]).toMatch(/^dog\.png: 0\.5912 \(100 %\)$/);

      await page.getByLabel('Photos').setInputFiles([photos[0], path.join(FOLDER, 'index.html')]);
      await page.getByRole('button', { name: 'Search 2 photos' }).click();
      await page.getByRole('alert').waitFor();
      expect(await page.getByRole('alert').textContent()).toMatch(
        /^index\.html: The bytes are not a picture/,
      );
      await page.close();
    } finally {
      await server.close();
    }
  });

  it('gets nothing from an origin that is not', async () => {
    const server = await runServer();
    try {
      const page = await open(server);
      await page.getByLabel('Photos').setInputFiles(path.join(EXAMPLES_FOLDER, 'cat.jpg'));
      await page.getByRole('button', { name: /Search/ }).click();
      await page.getByRole('alert').first().waitFor();
      expect(await page.locator('li').count()).toBe(0);
      await page.close();
    } finally {
      await server.close();
    }
  });
});
