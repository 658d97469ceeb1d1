// The language is chosen here, once there is a second one.
export { settings } from './en/settings.ts';
