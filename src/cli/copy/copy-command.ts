import { Command } from 'commander';
import type { Finish } from '../exit-codes.ts';
import type { CopyFlags } from './run-copy.ts';

/** Returns the command `memstore copy`. */
export function copyCommand(finish: Finish): Command {
  return new Command('copy')
    .summary('copy a store to another backend')
    .description(
      'Copies the entries of one store to another, as they are when the copy begins, ' +
        'with their expiry times.\n' +
        'The destination must be empty. If a copy was interrupted, run it again to start from the beginning.',
    )
    .argument('<from-url>', 'lmdb:PATH, memstore://host:port or etcd://host:port,host:port/prefix')
    .argument('<to-url>', 'the same')
    .option('--prefix <prefix>', 'copy only keys that start with this prefix', '')
    .addHelpText(
      'after',
      `
No other process may write to the destination until the copy is done.
The URL can contain user and password: memstore://user:password@host:port.
With TLS (memstores://, etcds://), NODE_EXTRA_CA_CERTS names a file with a
certificate authority to trust.

Examples:
  memstore copy memstore://127.0.0.1:8000 lmdb:./data
  memstore copy lmdb:./data etcd://10.0.0.1:2379,10.0.0.2:2379/shop
  memstore copy lmdb:./data lmdb:./users --prefix user:`,
    )
    .action(async (from: string, to: string, flags: CopyFlags) => {
      const { runCopy } = await import('./run-copy.ts');
      finish(await runCopy(from, to, flags));
    });
}
