import fs from 'node:fs';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { EXAMPLES, EXAMPLES_FOLDER } from '../../src/media/index.js';
import { DOG, itWithPhotograph } from '../photograph.js';
import { runServer, type RunningServer } from '../running-server.js';
import { launchBrowser } from './chromium.js';
import { describeInBrowser } from './describe-in-browser.js';

describeInBrowser('the page', () => {
  let server: RunningServer;
  let browser: Browser;
  let page: Page;
  const failures: string[] = [];

  beforeAll(async () => {
    [server, browser] = await Promise.all([runServer(), launchBrowser()]);
    page = await browser.newPage();
    page.on('pageerror', (error) => failures.push(error.message));
    page.on('requestfailed', (request) => failures.push(request.url()));
    await page.goto(server.url);
  });
  afterAll(async () => {
    await browser.close();
    await server.close();
  });
  afterEach(() => {
    expect(failures).toEqual([]);
  });

  const ranked = () => page.locator('#ranking li span:first-child').allTextContents();
  const drop = async (file: string, type: string) => {
    const base64 = fs.readFileSync(file).toString('base64');
    const dataTransfer = await page.evaluateHandle(`(() => {
      const bytes = Uint8Array.from(atob('${base64}'), (character) => character.charCodeAt(0));
      const data = new DataTransfer();
      data.items.add(new File([bytes], '${path.basename(file)}', { type: '${type}' }));
      return data;
    })()`);
    await page.dispatchEvent('#drop', 'drop', { dataTransfer });
  };
  const waitForAnswer = () => page.locator('#compare:not([disabled])').waitFor();

  it('says that the model is the starter', async () => {
    await page.locator('#banner', { hasText: 'starter model' }).waitFor();
  });

  it.each(EXAMPLES.map(({ caption }) => caption))('ranks "%s" first for its example', async (caption) => {
    await page.fill('#prompts', EXAMPLES.map((example) => example.caption).join('\n'));
    await page.click(`#examples button[title="${caption}"]`);
    await page.locator('#sentence', { hasText: `“${caption}”` }).waitFor();
    expect((await ranked())[0]).toBe(caption);
    expect(await page.textContent('#sentence')).toMatch(/starter typically gives/);
    expect(await page.textContent('#made-by')).toMatch(/^starter, fp32, on cpu · picture \d+ × \d+$/);
  });

  it('compares one prompt with a picture that is chosen', async () => {
    await page.fill('#prompts', 'a cat');
    await page.setInputFiles('#file', path.join(EXAMPLES_FOLDER, 'cat.jpg'));
    await page.locator('#sentence', { hasText: '“a cat”' }).waitFor();
    expect(await page.textContent('#ranking li span:nth-child(2)')).toMatch(/^0\.\d{3}$/);
  });

  it('takes a picture that is dropped', async () => {
    await page.fill('#prompts', 'a dog\na cup of coffee');
    await drop(path.join(EXAMPLES_FOLDER, 'coffee.jpg'), 'image/jpeg');
    await page.locator('#sentence', { hasText: '“a cup of coffee”' }).waitFor();
    expect(await ranked()).toEqual(['a cup of coffee', 'a dog']);
  });

  itWithPhotograph('ranks a dog, a puppy and a car as a person does for a photograph of a dog', async () => {
    await page.fill('#prompts', 'a car\na puppy\na dog');
    await drop(DOG, 'image/png');
    await page.locator('#sentence', { hasText: '“a dog”' }).waitFor();
    expect(await ranked()).toEqual(['a dog', 'a puppy', 'a car']);
  });

  it('shows the sentence of a refusal', async () => {
    await page.setInputFiles('#file', {
      name: 'note.jpg',
      mimeType: 'image/jpeg',
      buffer: Buffer.from('no picture'),
    });
    await page.locator('#sentence.failure', { hasText: 'not a picture of a supported format' }).waitFor();
    await page.click('#examples button[title="a dog"]');
    await page.fill('#prompts', '');
    await page.click('#compare');
    await page.locator('#sentence.failure', { hasText: 'write at least one prompt' }).waitFor();
    await waitForAnswer();
  });

  it('asks for a token where the server does', async () => {
    const guarded = await runServer({ auth: { tokens: ['a-token'] } });
    try {
      const other = await browser.newPage();
      other.on('dialog', (dialog) => void dialog.accept('a-token'));
      await other.goto(guarded.url);
      await other.locator('#banner', { hasText: 'starter' }).waitFor();
      await other.close();
    } finally {
      await guarded.close();
    }
  });
});
