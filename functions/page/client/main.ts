/** The page's own script: a photo is taken or chosen, made small, sent, and what comes back is said. */
import { ask } from './ask.ts';
import { type Camera, startCamera } from './camera.ts';
import { element } from './elements.ts';
import { showAnswer } from './show.ts';
import { shrink } from './shrink.ts';
import { type Words, wordsFor } from './words.ts';

const { language, words } = wordsFor(navigator.languages);
const file = element<HTMLInputElement>('file');
const video = element<HTMLVideoElement>('video');
const token = element<HTMLInputElement>('token');
let camera: Camera | undefined;
/** What was asked about last, and is asked about again with an access key. */
let last: Blob | undefined;
/** Of photos that are asked about; an answer to one before the last is not shown. */
let turn = 0;

document.documentElement.lang = language;
document.title = words.title;
for (const spoken of document.querySelectorAll<HTMLElement>('[data-says]')) {
  spoken.textContent = String(words[spoken.dataset.says as keyof Words]);
}
element<HTMLImageElement>('photo').alt = words.photoAlt;
// The address may carry the key behind a #, which browsers send to nobody.
token.value = new URLSearchParams(location.hash.slice(1)).get('token') ?? '';

element('take').addEventListener('click', () => void openCamera());
element('choose').addEventListener('click', () => file.click());
element('cancel').addEventListener('click', closeCamera);
element('access').addEventListener('submit', (event) => {
  event.preventDefault();
  if (last) void identify(last);
});
element('shoot').addEventListener('click', () => void shoot());
file.addEventListener('change', () => {
  const [chosen] = file.files ?? [];
  file.value = ''; // so that the same photo can be chosen again
  if (chosen) void identify(chosen);
});

async function openCamera(): Promise<void> {
  clear();
  try {
    camera = await startCamera(video);
    element('camera').hidden = false;
    element('start').hidden = true;
    element('shoot').focus();
  } catch {
    say(words.noCamera);
  }
}

async function shoot(): Promise<void> {
  const photo = await camera?.shoot();
  closeCamera();
  if (photo) await identify(photo);
}

function closeCamera(): void {
  camera?.stop();
  camera = undefined;
  element('camera').hidden = true;
  element('start').hidden = false;
  element('take').focus();
}

async function identify(photo: Blob): Promise<void> {
  const own = ++turn;
  last = photo;
  clear();
  say(words.looking);
  const small = await shrink(photo);
  if (own !== turn) return;
  if (small === undefined) return say(words.tooLarge);
  const shown = element<HTMLImageElement>('photo');
  URL.revokeObjectURL(shown.src);
  shown.src = URL.createObjectURL(small);
  shown.hidden = false;
  const asked = await ask(small, token.value.trim(), words);
  if (own !== turn) return;
  if ('problem' in asked) {
    say(asked.problem);
    if (asked.needsToken) {
      element('access').hidden = false;
      token.focus();
    }
    return;
  }
  say('');
  element('access').hidden = true;
  showAnswer(asked.found, words);
  element('result').hidden = false;
  element('answer').focus();
}

function clear(): void {
  element('result').hidden = true;
  element('photo').hidden = true;
  say('');
}

/** Says something where screen readers listen. */
function say(text: string): void {
  element('status').textContent = text;
}
