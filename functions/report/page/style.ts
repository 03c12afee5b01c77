/** The page's style sheet: one column of calm type, light, dark and on paper. */
import { COLOURS } from '../shared/marks.ts';

const colours = (ground: 'light' | 'dark') =>
  COLOURS.map((colour, at) => `--c${at}:${colour[ground]}`).join(';');

export const STYLE = `
:root{color-scheme:light dark;--ground:#fcfbf8;--raised:#fff;--ink:#20241f;--soft:#5c635b;--rule:#dedbd1;--faint:#c9c8bf;--accent:#2f6b4a;--warn:#8a5200;
--serif:'Iowan Old Style',Charter,'Bitstream Charter','Palatino Linotype',Palatino,'Source Serif 4',Georgia,serif;
--sans:system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif;
--mono:ui-monospace,SFMono-Regular,Menlo,Consolas,'Liberation Mono',monospace;${colours('light')}}
@media screen and (prefers-color-scheme:dark){:root:not(.printing){--ground:#141714;--raised:#1d211d;--ink:#e7e8e1;--soft:#a3aaa0;--rule:#333934;--faint:#4b524c;--accent:#82c79f;--warn:#e7b15d;${colours('dark')}}}
*{box-sizing:border-box}
b,button{unicode-bidi:isolate}
html{background:var(--ground);color:var(--ink);font:16px/1.55 var(--sans);-webkit-text-size-adjust:100%}
body{margin:0 auto;max-width:74rem;padding:clamp(1.25rem,4vw,3.5rem) clamp(1rem,4vw,3rem)}
h1,h2{font-family:var(--serif);font-weight:500;line-height:1.2;text-wrap:balance;margin:0}
h1{font-size:clamp(1.7rem,1.2rem + 2.2vw,2.7rem);max-width:24em}
h2{font-size:1.45rem}
h3{font-size:1rem;font-weight:600;margin:0}
p{margin:.5rem 0 0;max-width:44rem;text-wrap:pretty}
section{margin-top:3.5rem}
code,.key{font-family:var(--mono);font-size:.875em;overflow-wrap:anywhere}
.soft,figcaption,summary{color:var(--soft)}
.above{color:var(--accent);font-size:.875rem;letter-spacing:.02em;margin:0 0 .6rem}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(8.5rem,1fr));gap:1.25rem 2rem;margin:2rem 0 0;padding-top:1.25rem;border-top:1px solid var(--rule)}
.facts dt{color:var(--soft);font-size:.875rem}
.facts dd{margin:0;font-family:var(--serif);font-size:1.5rem;line-height:1.3;font-variant-numeric:lining-nums}
.warnings{margin-top:2rem;padding:.75rem 1rem;border-left:3px solid var(--warn);background:var(--raised)}
.warnings ul{margin:.35rem 0 0;padding-left:1.1rem}
.warnings h2{font:600 1rem var(--sans);color:var(--warn)}
figure{margin:1.25rem 0 0}
figcaption{font-size:.875rem;max-width:44rem;margin-top:.5rem}
.chart{width:100%;height:416px;position:relative}
.layer{position:absolute;inset:0}
.map{display:grid;grid-template-columns:minmax(0,1fr) 17rem;gap:2rem;align-items:start;margin-top:1.25rem}
.map figure{margin:0}
.map .chart{height:34rem;cursor:grab;user-select:none;-webkit-user-select:none;overflow:hidden}
.map .chart.outlining{cursor:crosshair}
.tools{display:flex;flex-wrap:wrap;gap:.5rem 1rem;align-items:center;margin-top:1rem;font-size:.875rem}
.tools .group{display:flex;margin-left:0}
.tools .group+.group{margin-left:0}
.tool{border:1px solid var(--faint);padding:.3rem .7rem;min-width:2.2rem;text-align:center}
.tool+.tool{border-left:0}.tool:first-child{border-radius:6px 0 0 6px}.tool:last-child{border-radius:0 6px 6px 0}
.tool[aria-pressed=true]{background:color-mix(in srgb,var(--accent) 20%,transparent);font-weight:600}
.choice{color:var(--soft)}
select{font:inherit;color:var(--ink);background:var(--raised);border:1px solid var(--faint);border-radius:6px;padding:.3rem .4rem;max-width:min(15rem,100%)}
.thumb{width:64px;height:64px;object-fit:contain;background:var(--raised);border-radius:4px;flex:none;display:block}
.thumb.none,.picture.none{background:repeating-linear-gradient(45deg,var(--raised) 0 6px,transparent 6px 12px);border:1px dashed var(--faint)}
.list{margin-top:1.5rem}
.list h3{font-size:1.05rem}
ol.look{list-style:none;margin:.75rem 0 0;padding:0;display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,21rem),1fr));gap:1rem 1.5rem}
ol.look .set{display:flex;gap:4px;margin-bottom:.35rem;align-items:flex-end}
ol.look .set button{border-radius:4px}
ol.look .set .thumb{width:88px;height:88px}
ol.look .set button~button .thumb{width:60px;height:60px}
ol.look.pair .set .thumb{width:88px!important;height:88px!important}
ol.look p{margin:0;font-size:.9375rem;line-height:1.4}
.why b{font-weight:600}
.grid{list-style:none;margin:.75rem 0 0;padding:0;display:grid;grid-template-columns:repeat(auto-fill,minmax(8.5rem,1fr));gap:.75rem}
.grid button{display:flex;flex-direction:column;gap:.3rem;width:100%;font-size:.8125rem;line-height:1.3}
.grid .thumb{width:88px;height:88px}
.grid b,.alike b{display:block;font-weight:600;overflow-wrap:anywhere}
.grid .key{font-size:.75rem;color:var(--soft)}
#selection{margin-top:1rem;border-top:1px solid var(--rule);padding-top:.5rem}
#selection .told{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;align-items:center;max-width:none}
#selection .grid{max-height:26rem;overflow:auto}
#ends{margin-top:1.5rem}
#ends .two{gap:1rem 3rem;margin-top:.75rem}
#ends .grid{grid-template-columns:repeat(auto-fill,minmax(6rem,1fr))}
#panel{position:fixed;inset:0 0 0 auto;width:min(23rem,100%);overflow:auto;background:var(--raised);border-left:1px solid var(--rule);box-shadow:-4px 0 18px rgb(0 0 0/.12);padding:1.25rem;z-index:5}
#panel .head{display:flex;justify-content:space-between;gap:1rem;align-items:baseline}
#panel .head h2{font-size:1.25rem;overflow-wrap:anywhere}
#panel .close{color:var(--accent);text-decoration:underline;text-underline-offset:.2em;padding:.25rem}
#panel .picture{width:100%;max-width:14rem;height:auto;min-height:7rem;margin-top:.75rem;border-radius:6px;display:block;object-fit:contain}
#panel .picture:not(.none){image-rendering:auto}
#panel h3{margin-top:1rem}
.alike{list-style:none;margin:.5rem 0 0;padding:0;display:grid;grid-template-columns:1fr 1fr;gap:.6rem}
.alike button{display:flex;gap:.5rem;align-items:center;font-size:.8125rem;line-height:1.3;width:100%}
.alike .thumb{width:56px;height:56px}
.alike .differs b{color:var(--warn)}
.list .scroll{overflow-x:auto}.confused .n{white-space:normal}.confused th[scope=row]{min-width:6.5rem}.tried th[scope=row]{min-width:4.75rem}.tried tbody th{padding-right:.5rem}
.tall{max-height:22rem;overflow:auto;margin-top:.5rem}
.labels{display:flex;flex-direction:column;min-width:0;max-height:var(--beside,36rem)}
.labels .find{display:flex;gap:.5rem;align-items:center}
.labels input{font:inherit;font-size:1rem;color:inherit;background:var(--raised);border:1px solid var(--faint);border-radius:6px;padding:.35rem .6rem;width:100%;min-width:0}
.labels .told{display:flex;justify-content:space-between;gap:.5rem;min-height:2rem;align-items:center;font-size:.875rem;margin:0}
.labels .scroll{overflow:auto;border-top:1px solid var(--rule);border-bottom:1px solid var(--rule);scrollbar-width:thin}
button{font:inherit;color:inherit;background:none;border:0;padding:0;cursor:pointer;text-align:left}
button.clear{color:var(--accent);text-decoration:underline;text-underline-offset:.2em;padding:.25rem 0}
:focus-visible{outline:2px solid var(--accent);outline-offset:1px}
table{border-collapse:collapse;width:100%;font-size:.9375rem;font-variant-numeric:tabular-nums lining-nums}
th,td{text-align:left;font-weight:400;padding:.4rem .75rem .4rem 0;vertical-align:top;border-bottom:1px solid var(--rule);overflow-wrap:anywhere}
thead th,tfoot th{color:var(--soft);font-size:.875rem}
tr:last-child>*{border-bottom:0}
thead tr:last-child>*{border-bottom:1px solid var(--rule)}
.n{text-align:right;padding-right:0;white-space:nowrap;overflow-wrap:normal}
.n+.n{padding-left:1.25rem}
caption{text-align:left;color:var(--soft);font-size:.875rem;padding-bottom:.25rem}
.labels table{font-size:.875rem}
.labels th,.labels td{padding:0;border:0}
.labels thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.labels td.n{padding:.3rem .4rem .3rem 0;color:var(--soft)}
.labels th button{display:flex;gap:.5rem;width:100%;padding:.3rem .4rem;line-height:1.4}
.labels tr:hover,.labels tr.near{background:color-mix(in srgb,var(--accent) 12%,transparent)}
.labels tr.held{background:color-mix(in srgb,var(--accent) 20%,transparent)}
.labels tr.held button{font-weight:600}
svg{position:absolute}.mark{position:static;width:.85em;height:.85em;flex:none;margin-top:.28em;overflow:visible;fill:var(--soft)}
${COLOURS.map((_, at) => `.k${at}{fill:var(--c${at})}`).join('')}
.tip{position:absolute;z-index:3;pointer-events:none;background:var(--raised);border:1px solid var(--rule);border-radius:4px;padding:8px 10px;box-shadow:0 2px 10px rgb(0 0 0/.14);display:flex;gap:.5rem;line-height:1.4;font:.875rem/1.4 var(--sans);color:var(--ink);max-width:min(22rem,70vw)}
.tip b{font-weight:600;overflow-wrap:anywhere}
.tip .key{display:block;color:var(--soft)}
.two{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,20rem),1fr));gap:2rem 3rem;margin-top:1.25rem;align-items:start}
details{margin-top:1rem;font-size:.9375rem}
summary{cursor:pointer;width:fit-content;font-size:.875rem}
details .scroll{max-height:24rem;overflow:auto;margin-top:.5rem;max-width:44rem}
footer{margin-top:4rem;padding-top:1rem;border-top:1px solid var(--rule);color:var(--soft);font-size:.8125rem}
footer p{max-width:none}
@media screen and (max-width:52rem){#panel{inset:auto 0 0 0;width:auto;max-height:62vh;border-left:0;border-top:1px solid var(--rule)}#panel .picture{max-width:8rem;min-height:6rem}.choice select{max-width:13rem}.map{grid-template-columns:minmax(0,1fr)}.map .chart{height:24rem}.map .labels{max-height:22rem}section{margin-top:2.75rem}.facts{grid-template-columns:1fr 1fr}}
@page{margin:14mm}
@media print{
:root{--ground:#fff;--soft:#4a504a}
html{font-size:10.5pt}
body{padding:0;max-width:none}
section{margin-top:1.75rem}
h1{font-size:1.9rem}h2,h3{break-after:avoid}
figure,tr,.warnings,.facts,.two>*{break-inside:avoid}
.facts{grid-template-columns:repeat(6,auto);gap:1rem}.facts dd{font-size:1.15rem}
.layer+.layer,.tools,#panel,#selection,.screen,#ends .choice{display:none}.look>li,.grid>li{break-inside:avoid}.more{display:block}
.chart div,.chart canvas{max-width:100%!important}
.map{display:block}
.labels .find,.labels .told,.labels thead,details:not([open]){display:none}
.labels{display:block;max-height:none;margin-top:1rem}
section>p{break-after:avoid;break-inside:avoid}
.labels .scroll,details .scroll{overflow:visible;max-height:none;border:0}
.labels table,.labels tbody{display:block}
.labels tbody{columns:12rem;column-gap:1.5rem}
.labels tr{display:flex}.labels tr:not([hidden])>th{flex:1}
.labels th button,.labels td.n{padding:.1rem 0}
.labels tr[hidden]{display:none}
.labels tfoot{display:none}
tr.held,tr.near{background:none!important}
.mark{print-color-adjust:exact;-webkit-print-color-adjust:exact}
footer{margin-top:2rem}
}
`.replace(/\n/g, '');
