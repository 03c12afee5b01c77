import { draw } from './shrink.ts';

/** The camera, shown in a video element while it runs. */
export interface Camera {
  /** What it sees now. */
  shoot(): Promise<Blob>;
  stop(): void;
}

/** Starts the camera at the back, where there is one. @throws DOMException where there is none, or it is not allowed */
export async function startCamera(video: HTMLVideoElement): Promise<Camera> {
  const stream = await navigator.mediaDevices.getUserMedia({
    video: { facingMode: 'environment', width: { ideal: 1920 } },
  });
  video.srcObject = stream;
  await video.play();
  return {
    shoot: () => draw(video, video.videoWidth, video.videoHeight),
    stop() {
      for (const track of stream.getTracks()) track.stop();
      video.srcObject = null;
    },
  };
}
