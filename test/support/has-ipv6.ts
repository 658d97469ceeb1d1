import { networkInterfaces } from 'node:os';

/** Whether this machine knows IPv6 at all: some containers do not. */
export const hasIpv6 = Object.values(networkInterfaces()).some((list) =>
  list?.some(({ address }) => address === '::1'),
);
