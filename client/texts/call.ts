// The language is chosen here, once there is a second one.
export { call } from './en/call.ts';
