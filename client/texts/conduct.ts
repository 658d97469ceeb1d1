// The language is chosen here, once there is a second one.
export { conduct } from './en/conduct.ts';
