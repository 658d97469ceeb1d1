// The language is chosen here, once there is a second one.
export { people } from './en/people.ts';
