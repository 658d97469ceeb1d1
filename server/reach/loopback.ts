/** Whether it is an address that a machine has for itself alone. */
export const isLoopback = (address: string): boolean => address === '::1' || address.startsWith('127.');
