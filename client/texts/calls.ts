// The language is chosen here, once there is a second one.
export { calls } from './en/calls.ts';
