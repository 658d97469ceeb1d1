// The language is chosen here, once there is a second one.
export { chat } from './en/chat.ts';
