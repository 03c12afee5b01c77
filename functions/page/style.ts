/** The page's style sheet: one column, light and dark, from 320 pixels on. */
export const STYLE = `
:root{color-scheme:light dark;--ground:#fcfbf8;--raised:#fff;--ink:#20241f;--soft:#5c635b;--rule:#dedbd1;--accent:#2f6b4a;--on:#fff}
@media (prefers-color-scheme:dark){:root{--ground:#141714;--raised:#1d211d;--ink:#e7e8e1;--soft:#a3aaa0;--rule:#333934;--accent:#82c79f;--on:#10130f}}
*{box-sizing:border-box}
[hidden]{display:none!important}
html{background:var(--ground);color:var(--ink);font:1.0625rem/1.55 system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif;-webkit-text-size-adjust:100%}
body{margin:0 auto;max-width:34rem;padding:clamp(1.5rem,6vw,3.5rem) clamp(1rem,5vw,2rem)}
h1,h2{font-family:'Iowan Old Style',Charter,'Palatino Linotype',Palatino,Georgia,serif;font-weight:500;line-height:1.2;text-wrap:balance;margin:0;overflow-wrap:anywhere}
h1{font-size:clamp(1.8rem,1.4rem + 2vw,2.4rem)}
h2{font-size:1.6rem}
h2:focus{outline:none}
p{margin:.5rem 0 0;text-wrap:pretty;overflow-wrap:anywhere}
.soft,small{color:var(--soft)}
.buttons{display:flex;flex-wrap:wrap;gap:.75rem;margin:1.5rem 0 0}
button{font:inherit;font-weight:600;min-height:3rem;padding:.5rem 1.25rem;border-radius:.6rem;border:1px solid var(--accent);background:none;color:var(--accent);cursor:pointer;flex:1 1 auto}
button.main{background:var(--accent);color:var(--on)}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
#status{margin-top:1.25rem}
video,#photo{display:block;width:100%;max-height:60vh;object-fit:contain;border-radius:.6rem;margin-top:1.5rem;background:var(--raised)}
#result{margin-top:1.25rem}
meter{display:block;width:100%;height:.7rem;margin-top:.4rem}
meter::-webkit-meter-bar{background:var(--rule);border:0;border-radius:.35rem;height:.7rem}
meter::-webkit-meter-optimum-value{background:var(--accent);border-radius:.35rem}
meter::-moz-meter-bar{background:var(--accent)}
.candidates{list-style:none;margin:1rem 0 0;padding:0}
.candidates li{display:flex;flex-wrap:wrap;justify-content:space-between;gap:0 1rem;margin-top:.6rem;overflow-wrap:anywhere}
label{display:block;margin-top:1rem;font-weight:600}
input[type=password]{font:inherit;width:100%;min-height:3rem;padding:.4rem .75rem;border:1px solid var(--soft);border-radius:.6rem;background:var(--raised);color:inherit}
footer{margin-top:3rem;padding-top:1rem;border-top:1px solid var(--rule);font-size:.9rem;color:var(--soft)}
`.replace(/\n/g, '');
