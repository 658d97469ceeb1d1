// The language is chosen here, once there is a second one.
export { devices } from './en/devices.ts';
