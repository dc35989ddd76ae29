import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { useBuiltCommand } from './built-command.ts';
import { runCommand } from './run-command.ts';

useBuiltCommand();

describe('memstore', () => {
  it('shows its help and fails without a command and a terminal', async () => {
    const { status, stdout, stderr } = await runCommand([]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/Usage: memstore.*serve.*connect.*top/s);
  });

  it('prints its version', async () => {
    const manifest: unknown = JSON.parse(
      readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
    );
    const { version } = manifest as { version: string };
    expect(await runCommand(['--version'])).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' });
  });

  it.each([[], ['serve'], ['connect'], ['top']])('has help with examples: %s', async (...names) => {
    const { status, stdout, stderr } = await runCommand([...names, '--help']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain(`Usage: ${['memstore', ...names].join(' ')} `);
    expect(stdout).toMatch(/Examples:\n {2}memstore/);
    // A terminal has 80 columns.
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });

  it('suggests a command for an unknown one', async () => {
    const { status, stderr } = await runCommand(['sevre']);
    expect(status).toBe(2);
    expect(stderr).toMatch(/unknown command 'sevre'.*Did you mean serve\?/s);
  });

  const misuses: readonly (readonly [args: readonly string[], complaint: RegExp])[] = [
    [['serve', '--port', 'x'], /whole number, from 0 to 65535/],
    [['serve', '--port', '65536'], /whole number, from 0 to 65535/],
    [['serve', '--prot', '1'], /unknown option '--prot'.*--port/s],
    [['serve', '--log', 'xml'], /json, pretty/],
    [['serve', '--max-memory', 'lots'], /a size such as 512mb/],
    [['serve', '--max-memory', '0'], /a size such as 512mb/],
    [['serve', '--lock-timeout', '5 parsecs'], /a time such as 500ms/],
    [['serve', '--idle-timeout', '0'], /idleTimeout must be/],
    [['serve', '--limit', 'maxConnections'], /maxConnections=100/],
    [
      ['serve', '--limit', 'maxFun=3'],
      /There is no option "limits.maxFun"; the known names are maxConnections/,
    ],
    [['serve', '--limit', 'maxConnections=0'], /maxConnections must be/],
    [['top', '--interval', '0'], /at least 10ms/],
    [['serve', '--unix', '/tmp/a.sock', '--port', '1'], /cannot be used with/],
    [['serve', '--host', '0.0.0.0'], /loopback address unless there is a password/],
    [['serve', '--password-file', '/nowhere/at-all'], /--password-file cannot be read/],
    [['serve', '--tls-cert', 'c.pem'], /both --tls-cert and --tls-key/],
    [['connect', '--tls-key', 'k.pem'], /both --tls-cert and --tls-key/],
    [['connect', 'http://localhost'], /memstore:\/\/user:password@host:port/],
    [['connect', 'a', 'b'], /too many arguments/],
    [['top', '--count', '0'], /whole number, 1 or more/],
    [['top', '--interval', 'never'], /at most 24 days/],
    [['serve', '--drain-timeout', '1000h'], /at most 24 days/],
    [['top', '--interval', 'soon'], /a time such as 500ms/],
  ];
  it.each(misuses)('refuses %j', async (args, complaint) => {
    const { status, stdout, stderr } = await runCommand(args);
    expect(stderr).toMatch(complaint);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  });

  it.each([
    [['connect', 'memstore://me:secret@host/path']],
    [['connect', 'me:%secret@host']],
    [['connect', 'memstore://me:secret']],
    [['connect', 'redis://me:secret@host:1']],
    [['copy', 'memory://me:secret@host', 'memory:']],
    [['copy', 'etcd://me:secret@host:port', 'memory:']],
    [['serve', '--etcd', 'me:secret@host:1']],
    [['serve', '--port', 'me:secret@host:1']],
    [['connect', '--password=secret']],
    [['top', '--pass', 'secret']],
    [['memstore://me:secret@host']],
  ])('does not repeat a password: %j', async (args) => {
    const { status, stdout, stderr } = await runCommand(args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^(memstore|error): /);
    expect(stderr).not.toContain('secret');
  });
});
