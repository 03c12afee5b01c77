/** The page that takes photos: one document, complete in itself. */
import { createHash } from 'node:crypto';
import { VergerError } from '../core/errors.ts';
import { STYLE } from './style.ts';

/** The page, and its Content-Security-Policy: it runs its own script alone, and speaks to where it came from alone. */
export interface Page {
  html: string;
  policy: string;
}

/**
 * Makes the page. The same script gives the same bytes.
 *
 * @param client the text of the bundled script (`client/main.ts`)
 * @throws VergerError `BAD_BUNDLE` where the script could end its own element
 */
export function renderPage(client: string): Page {
  if (/<\/script|<!--/i.test(client)) {
    throw new VergerError(
      'BAD_BUNDLE',
      "the page's script contains `</script` or `<!--`, which would end it",
    );
  }
  const policy = [
    "default-src 'none'",
    `script-src ${hashSource(client)}`,
    `style-src ${hashSource(STYLE)}`,
    'img-src blob: data:',
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
  return { html: documentOf(client), policy };
}

const documentOf = (client: string) => `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>What fruit is this?</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<main>
<h1 data-says="title">What fruit is this?</h1>
<p class="soft" data-says="lead"></p>
<noscript><p>This page needs JavaScript. Cette page a besoin de JavaScript.</p></noscript>
<div id="start" class="buttons">
<button type="button" id="take" class="main" data-says="take"></button>
<button type="button" id="choose" data-says="choose"></button>
<input type="file" id="file" accept="image/*" hidden>
</div>
<div id="camera" hidden>
<video id="video" playsinline muted></video>
<div class="buttons">
<button type="button" id="shoot" class="main" data-says="shoot"></button>
<button type="button" id="cancel" data-says="cancel"></button>
</div>
</div>
<p id="status" role="status"></p>
<form id="access" hidden><label for="token" data-says="token"></label><input type="password" id="token" autocomplete="off"></form>
<img id="photo" alt="" hidden>
<section id="result" aria-labelledby="answer" hidden>
<h2 id="answer" tabindex="-1"></h2>
<div id="why"></div>
</section>
</main>
<footer><p data-says="kept"></p></footer>
<script>${client}</script>
</body>
</html>
`;

function hashSource(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}
