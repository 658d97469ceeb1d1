// The language is chosen here, once there is a second one.
export { account } from './en/account.ts';
