/** What the page says, in the languages that it speaks. */

const en = {
  title: 'What fruit is this?',
  lead: 'Take a photo, and learn what it shows.',
  take: 'Take a photo',
  choose: 'Choose a photo',
  shoot: 'Use this picture',
  cancel: 'Cancel',
  kept: 'The photo is made small here, sent to be compared, and not kept.',
  looking: 'Looking at the photo…',
  answer: (label: string) => `This is ${label}.`,
  oneOf: 'It may be one of these.',
  unknown: 'I have not seen anything like this.',
  unknownHint:
    'It may not be a fruit I know. Try again nearer, in better light, with the fruit filling the picture.',
  oneOfHint: 'Another photo, nearer or from another side, may tell.',
  right: (n: string) => `About ${n} in 10 such answers are right.`,
  fewer: 'Fewer than 1 in 10 such answers are right.',
  nearly: 'Nearly all such answers are right.',
  confidence: 'Confidence',
  candidates: 'How likely each is',
  neighbours: 'Most like the photos of',
  offline: 'There is no connection. The photo was not sent; try again when you are online.',
  unreachable: 'The service did not answer. Try again in a moment.',
  busy: 'Too many people are asking at the moment. Try again in a minute.',
  tooLarge:
    'This photo is too large to send, and this browser cannot make it smaller. Choose another, or a JPEG.',
  noPhoto: 'This is not a photo that I can read. Choose a JPEG or PNG.',
  damaged: 'This photo is damaged, or did not arrive whole. Take it again.',
  notReady: 'There is nothing to compare with yet. Whoever runs this page has to load photos first.',
  noCamera: 'The camera cannot be used: allow it in the browser, or choose a photo.',
  token: 'Access key',
  tokenNeeded: 'This page needs an access key. Ask whoever gave you the address.',
  photoAlt: 'Your photo',
  percent: (share: number) => `${Math.round(100 * share)} %`,
};

export type Words = typeof en;

const fr: Words = {
  title: 'Quel est ce fruit ?',
  lead: 'Prenez une photo pour savoir ce qu’elle montre.',
  take: 'Prendre une photo',
  choose: 'Choisir une photo',
  shoot: 'Utiliser cette image',
  cancel: 'Annuler',
  kept: 'La photo est réduite ici, envoyée pour être comparée, et n’est pas conservée.',
  looking: 'Je regarde la photo…',
  answer: (label) => `C’est : ${label}.`,
  oneOf: 'C’est peut-être l’un de ceux-ci.',
  unknown: 'Je n’ai jamais rien vu de semblable.',
  unknownHint:
    'Ce n’est peut-être pas un fruit que je connais. Réessayez de plus près, avec plus de lumière, le fruit remplissant l’image.',
  oneOfHint: 'Une autre photo, de plus près ou d’un autre côté, permettra peut-être de le dire.',
  right: (n) => `Environ ${n} réponses de ce genre sur 10 sont justes.`,
  fewer: 'Moins d’une réponse de ce genre sur 10 est juste.',
  nearly: 'Presque toutes les réponses de ce genre sont justes.',
  confidence: 'Confiance',
  candidates: 'Probabilité de chacun',
  neighbours: 'Ressemble le plus aux photos de',
  offline: 'Il n’y a pas de connexion. La photo n’a pas été envoyée ; réessayez une fois en ligne.',
  unreachable: 'Le service n’a pas répondu. Réessayez dans un instant.',
  busy: 'Trop de demandes en ce moment. Réessayez dans une minute.',
  tooLarge:
    'Cette photo est trop lourde pour être envoyée, et ce navigateur ne sait pas la réduire. Choisissez-en une autre, ou un JPEG.',
  noPhoto: 'Ce n’est pas une photo que je sais lire. Choisissez un JPEG ou un PNG.',
  damaged: 'Cette photo est abîmée, ou n’est pas arrivée entière. Reprenez-la.',
  notReady:
    'Il n’y a encore rien à comparer. Des photos doivent d’abord être chargées par le responsable de cette page.',
  noCamera:
    'L’appareil photo ne peut pas être utilisé : autorisez-le dans le navigateur, ou choisissez une photo.',
  token: 'Clé d’accès',
  tokenNeeded: 'Cette page demande une clé d’accès. Demandez-la à la personne qui vous a donné l’adresse.',
  photoAlt: 'Votre photo',
  percent: (share) => `${Math.round(100 * share)} %`,
};

/** @param languages of the browser, the preferred one first */
export function wordsFor(languages: readonly string[]): { language: 'en' | 'fr'; words: Words } {
  const first = languages.find((language) => /^(en|fr)\b/i.test(language)) ?? 'en';
  return /^fr/i.test(first) ? { language: 'fr', words: fr } : { language: 'en', words: en };
}

/** How often answers of this confidence are right, in words that need no percent. */
export function oftenRight(words: Words, confidence: number): string {
  if (confidence >= 0.95) return words.nearly;
  const tenths = Math.round(confidence * 10);
  return tenths < 1 ? words.fewer : words.right(String(tenths));
}
