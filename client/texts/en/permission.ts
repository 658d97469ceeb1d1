/** The card that asks for camera and microphone before the first call. */
export const permission = {
  title: 'Camera and microphone',
  why: 'ChatAway needs them for calls only. Allow them now, and your first call starts without a question.',
  ask: 'Allow camera and microphone',
  asking: 'Answer your browser’s question…',
  later: 'Not now',
  tryAgain: 'Try again',
  refusedTitle: 'Camera or microphone is blocked',
  refused: {
    chrome: 'Click the icon left of the address, allow camera and microphone, then try again.',
    firefox:
      'Click the crossed-out camera or microphone left of the address, clear the block, then try again.',
    safari: 'Open Settings for This Website in the address bar, allow camera and microphone, then try again.',
    other: 'Allow camera and microphone for this page in your browser’s settings, then try again.',
  },
  refusedStill: 'Without them you can still chat, and listen and watch in calls.',
  insecureTitle: 'No camera on this address',
  insecure:
    'Browsers allow camera and microphone only over HTTPS. Open this server by its https:// address; who runs it sets TLS_CERT and TLS_KEY. You can still chat, and listen and watch in calls.',
  noCameraTitle: 'No camera found',
  noCamera: 'Calls work with your microphone alone. Connect a camera and try again if you want to be seen.',
  noMicrophoneTitle: 'No microphone found',
  noMicrophone: 'Connect one and try again. Until then others cannot hear you.',
  inUseTitle: 'Camera or microphone is in use',
  inUse: 'Close the other program that uses it, then try again.',
};
