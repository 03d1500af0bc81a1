import path from 'node:path';
import sharp from 'sharp';
import { pictureProtocol, pictureSequence, smallPicture } from '../../src/cli/terminal-picture.js';

const TERMINAL = { isTTY: true };
const [ESCAPE, BELL] = ['\u001b', '\u0007'];

describe('pictures in a terminal', () => {
  it.each([
    [{ TERM: 'xterm-kitty' }, 'kitty'],
    [{ KITTY_WINDOW_ID: '1' }, 'kitty'],
    [{ TERM_PROGRAM: 'ghostty' }, 'kitty'],
    [{ TERM_PROGRAM: 'iTerm.app' }, 'iterm'],
    [{ TERM_PROGRAM: 'WezTerm' }, 'iterm'],
    [{ LC_TERMINAL: 'iTerm2' }, 'iterm'],
    [{ TERM: 'xterm-256color' }, undefined],
    [{ TERM: 'xterm-kitty', TMUX: '/tmp/tmux' }, undefined],
    [{}, undefined],
  ])('are shown where it can show them: %j', (environment, protocol) => {
    expect(pictureProtocol(TERMINAL, environment)).toBe(protocol);
    expect(pictureProtocol({}, environment)).toBeUndefined();
  });

  it('go to iTerm in one sequence that holds the file', () => {
    const png = Buffer.from('a picture');
    const sequence = pictureSequence(png, 'iterm');
    expect(sequence.startsWith(`${ESCAPE}]1337;File=inline=1;`)).toBe(true);
    expect(sequence.endsWith(`${BELL}\n`)).toBe(true);
    const [, size, base64] = /;size=(\d+);[^:]*:([\w+/=]*)/.exec(sequence)!;
    expect([Number(size), Buffer.from(base64, 'base64')]).toEqual([png.length, png]);
  });

  it('go to kitty in pieces of up to 4,096 characters, of which the last says so', () => {
    const png = Buffer.from(Array.from({ length: 10_000 }, (_, i) => i % 251));
    const sequences = pictureSequence(png, 'kitty').trimEnd().split(`${ESCAPE}\\`).slice(0, -1);
    expect(sequences.every((sequence) => sequence.startsWith(`${ESCAPE}_G`))).toBe(true);
    const pieces = sequences.map((sequence) => /_G([^;]*);(.*)$/.exec(sequence)!);
    expect(pieces.map(([, control]) => /m=([01])$/.exec(control)?.[1])).toEqual(['1', '1', '1', '0']);
    expect(pieces[0][1]).toContain('a=T');
    expect(pieces.every(([, , piece]) => piece.length <= 4096)).toBe(true);
    expect(Buffer.from(pieces.map(([, , piece]) => piece).join(''), 'base64')).toEqual(png);
  });

  it('are small PNGs, and none where a file is no picture', async () => {
    const png = await smallPicture(path.join(__dirname, '..', '..', 'examples', 'dog.png'));
    const { format, width, height } = await sharp(png).metadata();
    expect([format, Math.max(width, height)]).toEqual(['png', 160]);
    expect(await smallPicture(__filename)).toBeUndefined();
    expect(await smallPicture('missing.png')).toBeUndefined();
  });
});
