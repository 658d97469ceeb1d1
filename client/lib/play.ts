/** Shows a stream in an element; the same stream is left alone, so that nothing flickers. */
export function showStream(element: HTMLMediaElement, stream: MediaStream | null): void {
  if (element.srcObject !== stream) element.srcObject = stream;
}

/** False where the browser wants a click before it plays sound. */
export async function play(element: HTMLMediaElement): Promise<boolean> {
  try {
    await element.play();
    return true;
  } catch (error) {
    // A stream that was replaced meanwhile aborts the play before it, which blocks nothing.
    return !(error instanceof DOMException && error.name === 'NotAllowedError');
  }
}

/** An attachment that shows and plays a stream; `onFrame` is called once, when its first picture is on the screen. */
export function playing(
  stream: MediaStream | null,
  onFrame?: () => void,
): (element: HTMLVideoElement) => (() => void) | undefined {
  return (element) => {
    showStream(element, stream);
    if (!stream) return undefined;
    void play(element);
    return onFrame && firstFrame(element, onFrame);
  };
}

/** Calls once, when the first picture is on the screen. Returns a way to give up waiting. */
function firstFrame(element: HTMLVideoElement, done: () => void): () => void {
  if ('requestVideoFrameCallback' in element) {
    const handle = element.requestVideoFrameCallback(done);
    return () => element.cancelVideoFrameCallback(handle);
  }
  const video: HTMLVideoElement = element;
  video.addEventListener('loadeddata', done, { once: true });
  return () => video.removeEventListener('loadeddata', done);
}
