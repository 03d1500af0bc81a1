import { CONFIG_KEYS, loadConfig, valueAt, withoutSecrets } from '../../src/config/index.js';

const SECRET = 'hunter2-do-not-show';

describe('what is secret', () => {
  it.each([
    ...[
      'apiKey',
      'api_key',
      'apikey',
      'api-key',
      'key',
      'accessKeyId',
      'token',
      'HF_TOKEN',
      'authToken',
      'tokens',
    ],
    ...[
      'secret',
      'clientSecret',
      'password',
      'passwd',
      'PASSWORD',
      'pwd',
      'dbPass',
      'passphrase',
      'credentials',
    ],
    ...['authorization', 'auth', 'bearer', 'headers', 'cookie', 'connectionString', 'dsn', 'signature'],
  ])('is an option of a plugin called %s, whatever it holds', (name) => {
    for (const value of [SECRET, 4711, [SECRET, SECRET], { deep: { er: [SECRET] } }, `https://${SECRET}/`]) {
      const shown = JSON.stringify(withoutSecrets(['runtimes', 'triton', name], value));
      expect(shown).not.toContain(SECRET);
      expect(shown).not.toContain('4711');
      expect(shown).toContain('…');
    }
    const shown = JSON.stringify(withoutSecrets(['runtimes', 'triton', 'http', name, 'x'], SECRET));
    expect(shown).toBe('"…"');
  });

  it.each(['device', 'threads', 'keepAlive', 'compass', 'url', 'author', 'passes', 'monitor', 'headroom'])(
    'is not one called %s',
    (name) => {
      expect(withoutSecrets(['runtimes', 'triton', name], 'plain')).toBe('plain');
    },
  );

  it.each([
    [`https://user:${SECRET}@host:8000/path`, 'https://…@host:8000/path'],
    [`postgres://user:a/b@${SECRET}@host/db`, 'postgres://…@host/db'],
    [`https://${SECRET}@host`, 'https://…@host'],
    [`https://host/?a=1&api_key=${SECRET}&b=2`, 'https://host/?a=1&api_key=…&b=2'],
    [`https://host/?token=${SECRET}`, 'https://host/?token=…'],
    [`host=db user=me password=${SECRET} port=5`, 'host=db user=me password=… port=5'],
    [`Bearer ${SECRET}`, 'Bearer …'],
    ['http://host:8000/v2', 'http://host:8000/v2'],
  ])('is the part of an address or a text that gives access: %s', (text, shown) => {
    expect(withoutSecrets(['runtimes', 'triton', 'url'], text)).toBe(shown);
    expect(withoutSecrets(['models'], [{ model: text }])).toEqual([{ model: shown }]);
  });

  it('is nothing among the keys of the configuration but the tokens', () => {
    const { config } = loadConfig({ flags: { 'auth.tokens': SECRET } });
    for (const { path } of CONFIG_KEYS) {
      const value = valueAt(config, path);
      const shown = withoutSecrets(path, value);
      expect(shown).toEqual(path.join('.') === 'auth.tokens' ? ['…'] : value);
    }
  });
});
