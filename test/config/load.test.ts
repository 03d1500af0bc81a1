import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadConfig, parseConfig } from '../../src/config/index.js';

function fileWith(text: string): string {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'clipgraph-')), 'clipgraph.yml');
  writeFileSync(file, text);
  return file;
}

describe('the configuration', () => {
  it('has defaults', () => {
    const { config, origins } = loadConfig();
    expect(config).toMatchObject({
      runtime: 'auto',
      model: 'starter',
      server: { host: '127.0.0.1', port: 4000, explorer: 'sandbox' },
      limits: { maxInputs: 256, maxBodyBytes: 20971520, maxImagePixels: 89478485 },
    });
    expect(origins.size).toBe(0);
  });

  it('takes the file, then the environment, then the flags, and remembers which', () => {
    const file = fileWith('server: { port: 1, host: file }\nruntime: [cuda, cpu]\nmodel: from-file\n');
    const { config, origins } = loadConfig({
      file,
      environment: {
        CLIPGRAPH_SERVER_PORT: '2',
        CLIPGRAPH_MODEL: 'from-environment',
        CLIPGRAPH_LIMITS_MAX_INPUTS: '7',
      },
      flags: { 'server.port': '3' },
    });
    expect(config.server).toMatchObject({ port: 3, host: 'file' });
    expect(config).toMatchObject({
      model: 'from-environment',
      runtime: ['cuda', 'cpu'],
      limits: { maxInputs: 7 },
    });
    expect(Object.fromEntries(origins)).toMatchObject({
      'server.port': '--server.port',
      'server.host': file,
      model: 'CLIPGRAPH_MODEL',
    });
  });

  it('reads lists, booleans and the options of plugins from text', () => {
    const { config } = loadConfig({
      environment: {
        CLIPGRAPH_RUNTIME: 'cuda, cpu',
        CLIPGRAPH_PLUGINS: './mine.js',
        CLIPGRAPH_PREPARATION_STRICT: 'true',
        CLIPGRAPH_RUNTIMES_CPU_GRAPH_OPTIMIZATION: 'basic',
      },
      flags: { 'runtimes.cpu.threads': '2' },
    });
    expect(config.runtime).toEqual(['cuda', 'cpu']);
    expect(config.plugins).toEqual(['./mine.js']);
    expect(config.preparation.strict).toBe(true);
    expect(config.runtimes).toEqual({ cpu: { graphOptimization: 'basic', threads: 2 } });
  });

  it('ignores a foreign variable, with a warning', () => {
    const { warnings } = loadConfig({ environment: { CLIPGRAPH_SERVICE_PORT: '80', OTHER: 'x' } });
    expect(warnings).toEqual([
      'The environment variable CLIPGRAPH_SERVICE_PORT is not known and was ignored. Did you mean CLIPGRAPH_SERVER_PORT?',
    ]);
  });

  it.each([
    [
      'an unknown key',
      'limits: { maxInput: 3 }',
      /limits\.maxInput \(from .*\): there is no such key\. Did you mean maxInputs\?/,
    ],
    ['a value of another kind', 'server: { port: many }', /server\.port \(from .*\): .*expected number/],
    ['a value out of range', 'server: { port: 70000 }', /server\.port/],
    ['text that is no YAML', 'server: [', /cannot be read/],
    ['a list', '- a', /must hold keys and values/],
  ])('refuses %s', (_, text, message) => {
    expect(() => loadConfig({ file: fileWith(text) })).toThrow(
      expect.objectContaining({ code: 'BAD_USER_INPUT', message: expect.stringMatching(message) }),
    );
  });

  it('refuses a flag that is not known, with the nearest', () => {
    expect(() => loadConfig({ flags: { 'server.prot': '1' } })).toThrow('Did you mean server.port?');
  });

  it.each(['__proto__', 'constructor', 'prototype'])('takes no key called %s, from anywhere', (key) => {
    const refusal = new RegExp(`${key}.* \\(from .*\\): no key may be called ${key}`);
    const sources: Parameters<typeof loadConfig>[0][] = [
      { file: fileWith(`${key}: { polluted: yes }`) },
      { file: fileWith(`runtimes: { cpu: { ${key}: { polluted: yes } } }`) },
      { file: fileWith(`runtimes: { ${key}: { polluted: yes } }`) },
      { file: fileWith(`models: [{ ${key}: { polluted: yes } }]`) },
      { file: fileWith(`runtimes: { mine: { list: [{ ${key}: { polluted: yes } }] } }`) },
      { flags: { [`runtimes.${key}.polluted`]: 'yes' } },
      { flags: { [`runtimes.cpu.${key}`]: 'yes' } },
    ];
    for (const source of sources) expect(() => loadConfig(source)).toThrow(refusal);
    expect(() => parseConfig(JSON.parse(`{"server": {"${key}": {"polluted": 1}}}`) as object)).toThrow(
      refusal,
    );
    expect('polluted' in {}).toBe(false);
    expect('polluted' in Object).toBe(false);
  });

  it('takes none from variables', () => {
    const environment = {
      CLIPGRAPH_RUNTIMES_CONSTRUCTOR_POLLUTED: 'yes',
      CLIPGRAPH_RUNTIMES_CPU_PROTOTYPE: 'yes',
    };
    for (const [name, value] of Object.entries(environment)) {
      expect(() => loadConfig({ environment: { [name]: value } })).toThrow(/no key may be called/);
    }
    expect('polluted' in Object).toBe(false);
  });

  it.each([
    'has a space',
    ' before',
    'after ',
    'tab\t',
    'line\n',
    'nul\0',
    'bell\u0007',
    'schön',
    'no\u00a0break',
  ])('takes no token that no client could send: %j', (token) => {
    const file = fileWith(`auth: { tokens: [fine, ${JSON.stringify(token)}] }`);
    const load = () => loadConfig({ file });
    expect(load).toThrow(/auth\.tokens\.1 \(from .*\): .*without spaces.*openssl rand/);
    expect(load).not.toThrow(expect.objectContaining({ message: expect.stringContaining(token) }));
  });
});
