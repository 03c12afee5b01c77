/** Files that are not photos, as their programs begin them, and what they are called. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adviceFor, nameOtherFormat } from '../../../functions/core/photo/other-formats.ts';

const named = (start: string) => nameOtherFormat(Buffer.from(start, 'latin1'));

test('each kind of file is named by its first bytes', () => {
  const files: [string, string][] = [
    ['JPEG XR', 'II\xbc\x01\x20\0\0\0'],
    ['GIMP file', 'gimp xcf v011\0'],
    ['cursor (CUR)', '\0\0\x02\0\x01\0\x20\x20\0\0'],
    ['icon (ICNS)', 'icns\0\0\x12\x34TOC '],
    ['OpenEXR', '\x76\x2f\x31\x01\x02\0\0\0channels\0'],
    ['Radiance HDR', '#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n'],
    ['Radiance HDR', '#?RGBE\nFORMAT=32-bit_rle_rgbe\n'],
    ['DDS', 'DDS \x7c\0\0\0\x07\x10\0\0'],
    ['QOI', 'qoif\0\0\x01\0\0\0\x01\0\x03\0'],
    ['BPG', 'BPG\xfb\x20\0\x81\0'],
    ['FLIF', 'FLIF31\x80\x80'],
    ['FITS', 'SIMPLE  =                    T'],
    ['DICOM', `${'\0'.repeat(128)}DICM\x02\0`],
    ['MNG', '\x8aMNG\r\n\x1a\n'],
    ['JNG', '\x8bJNG\r\n\x1a\n'],
    ['camera raw file (Fujifilm RAF)', 'FUJIFILMCCD-RAW 0201FF383501X-T1'],
    ['camera raw file (Olympus ORF)', 'IIRO\x08\0\0\0'],
    ['camera raw file (Olympus ORF)', 'IIRS\x08\0\0\0'],
    ['camera raw file (Olympus ORF)', 'MMOR\0\0\0\x08'],
    ['camera raw file (Panasonic RW2)', 'IIU\0\x18\0\0\0'],
    ['camera raw file (Sigma X3F)', 'FOVb\x02\0\x02\0'],
    ['camera raw file (Minolta MRW)', '\0MRM\0\0\x12\x34'],
    ['camera raw file (DNG, NEF, ARW, CR2)', 'MM\0*\0\0\0\x08'],
    ['PostScript file', '%!PS-Adobe-3.0 EPSF-3.0'],
    ['PostScript file', '\xc5\xd0\xd3\xc6\x1e\0\0\0'],
    ['QuickTime video', '\0\0\x12\x34moov\0\0\0\x6cmvhd'],
    ['QuickTime video', '\0\0\x12\x34mdat\0\0\0\0'],
    ['QuickTime video', '\0\0\0\x08wide\0\0\x12\x34mdat'],
    ['Matroska or WebM video', '\x1a\x45\xdf\xa3\x01\0\0\0'],
    ['AVI video', 'RIFF\x34\x12\0\0AVI LIST'],
    ['MPEG video', '\0\0\x01\xba\x44\0\x04\0'],
    ['sound file (MP3)', 'ID3\x04\0\0\0\0'],
    ['RAR archive', 'Rar!\x1a\x07\x01\0'],
    ['7z archive', '7z\xbc\xaf\x27\x1c\0\x04'],
    ['tar archive', `photos/apple.jpg${'\0'.repeat(241)}ustar\x0000`],
    ['Microsoft Office file or Thumbs.db', '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1'],
    ['macOS folder settings file (.DS_Store)', '\0\0\0\x01Bud1\0\0'],
  ];
  for (const [name, start] of files) {
    const article = /^(icon|OpenEXR|MNG|AVI|MPEG)/.test(name) ? 'an' : 'a';
    assert.equal(named(start), `${article} ${name}`);
  }
});

test('a BMP is told by the size of its second header, not by its two letters', () => {
  const bmp = (size: number) => `BM\x46\0\0\0\0\0\0\0\x36\0\0\0${String.fromCharCode(size)}\0\0\0`;
  for (const size of [12, 16, 40, 52, 56, 64, 108, 124]) assert.equal(named(bmp(size)), 'a BMP');
  assert.equal(named(bmp(41)), undefined);
  assert.equal(named(bmp(40).replace('BM', 'AM')), undefined);
  assert.equal(named(bmp(40).slice(0, 17)), undefined);
});

test('text is told from other bytes, and by what it says at its beginning', () => {
  const texts: [string | undefined, string][] = [
    ['an SVG', '<svg xmlns="http://www.w3.org/2000/svg">'],
    ['text', 'How to write an <svg > by hand'],
    ['an HTML page', '<!-- saved --><html lang="en">'],
    ['an HTML page', '<!-- saved -->\n\n  <!DOCTYPE HTML>'],
    ['an HTML page', '\xef\xbb\xbf<html>'],
    ['text', 'a page with <html> in it'],
    ['text', 'a line\n\xef\xbb\xbf<html>'],
    ['an XML file', ' <?xml version="1.0"?><rss/>'],
    ['text', '\xff\xfea\0'],
    ['text', '\xfe\xff\0a'],
    [undefined, '\x01\x02\xff\xfea\0'],
    [undefined, '\x01\x02\xfe\xff\0a'],
    ['text', 'four'],
    [undefined, 'abc'],
    [undefined, 'abc\x07'],
    ['text', 'a\tb\r\n\x1b[1m'],
    ['a PNM (PBM, PGM, PPM or PAM)', 'P7\nWIDTH 1'],
    ['text', 'HTTP1 or P6 in it'],
    ['text', 'P8 is not one'],
  ];
  for (const [name, text] of texts) assert.equal(named(text), name, JSON.stringify(text));
});

test('an ISO media file without a picture is a sequence or a video by its brands', () => {
  const file = (major: string, ...others: string[]) =>
    `\0\0\0${String.fromCharCode(16 + 4 * others.length)}ftyp${major}\0\0\0\0${others.join('')}\0\0\0\x08moov`;
  for (const brand of ['msf1', 'hevc', 'hevm', 'heic', 'heim', 'avis']) {
    assert.equal(named(file('isom', brand)), 'a HEIF image sequence', brand);
  }
  for (const brand of ['isom', 'hexx', 'heix', 'dash']) {
    assert.equal(named(file('isom', brand)), 'an MP4 video or another ISO media file', brand);
  }
  const far = `${file('isom', 'mp42')}${'\0'.repeat(60)}avis`;
  assert.equal(named(far), 'an MP4 video or another ISO media file', 'what stands far behind is not a brand');
});

test('what is a picture is to be converted, and what is not is not', () => {
  for (const name of ['a BMP', 'a camera raw file (Olympus ORF)', 'a PDF', 'an SVG', 'a Photoshop file']) {
    assert.equal(adviceFor(name), 'convert it to JPEG or PNG');
  }
  for (const name of [
    'text',
    'an HTML page',
    'an XML file',
    'a ZIP archive',
    'an AVI video',
    'a gzip file',
  ]) {
    assert.equal(adviceFor(name), 'upload the photo itself');
  }
});
