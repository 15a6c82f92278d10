#include "telemetry/page_assets.h"

#include <cstdint>

#include "base/digest.h"

namespace hubmirror {
namespace {

constexpr std::string_view kStyle = R"css(
:root{color-scheme:light dark;--ink:#1c2126;--soft:#5b6670;--paper:#fff;--line:#d8dee4;--good:#1a7f37;--busy:#0b62c4;--warn:#9a5b00;--bad:#c4232b}
@media(prefers-color-scheme:dark){:root{--ink:#e6eaee;--soft:#9aa5b0;--paper:#14181c;--line:#323a42;--good:#4cc26b;--busy:#6cb0ff;--warn:#e5a53a;--bad:#ff7b72}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:72rem;padding:1rem;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif;overflow-wrap:break-word}
h1{font-size:1rem;font-weight:600;margin:0;color:var(--soft)}
h2{font-size:1.15rem;margin:2rem 0 0}
p{margin:.25rem 0}
#verdict{font-size:1.5rem;line-height:1.3;font-weight:600;margin:.5rem 0}
.soft{color:var(--soft)}.good{color:var(--good)}.busy{color:var(--busy)}.warn{color:var(--warn)}.bad{color:var(--bad)}
table{border-collapse:collapse;width:100%;margin:.5rem 0;font-variant-numeric:tabular-nums}
th,td{text-align:left;vertical-align:top;padding:.4rem .75rem .4rem 0;border-bottom:1px solid var(--line)}
thead th{font-size:.85rem;font-weight:400;color:var(--soft)}
td:last-child{overflow-wrap:anywhere;min-width:12rem}
td.n,th.n{text-align:right}
progress,meter{width:8rem;vertical-align:middle;accent-color:var(--busy)}
@media(max-width:40rem){
thead{display:none}
table,tbody,tr,th,td{display:block}
tr{border-bottom:1px solid var(--line);padding:.5rem 0}
th,td,td.n{border:0;padding:.1rem 0;text-align:left}
td:empty{display:none}
td::before{content:attr(data-l) ": ";color:var(--soft)}
}
)css";

// Only figures are changed in place; when a state, or what is listed, changes, the page is loaded
// again, so that its words come from one place: the daemon.
constexpr std::string_view kScript = R"js(
'use strict';
const pair=(a,x,b,y)=>a+' '+x+(b?' '+b+' '+y:'');
const span=s=>s===null?'not yet':s<60?s+' s':s<3600?pair(Math.floor(s/60),'min',s%60,'s'):
 s<86400?pair(Math.floor(s/3600),'h',Math.floor(s%3600/60),'min'):
 pair(Math.floor(s/86400),'d',Math.floor(s%86400/3600),'h');
const count=n=>n===null?'unknown':n.toLocaleString('en-US');
const put=(row,field,text)=>{const at=row.querySelector('[data-f='+field+']');if(at&&at.textContent!==text)at.textContent=text;};
const show=(row,stream)=>{
 put(row,'age',span(stream.age_s));
 for(const field of['rows','pending','quarantined'])put(row,field,count(stream[field]));
 const bar=row.querySelector('progress'),load=stream.backfill;
 if(bar&&load.expected){bar.max=load.expected;bar.value=load.done;}
 put(row,'loaded',count(load.done));
 put(row,'eta',load.eta_s===null?'':', about '+span(load.eta_s)+' left');
};
const update=status=>{
 let streams=0,worst=null;
 for(const[p,portal]of Object.entries(status.portals))for(const[o,stream]of Object.entries(portal.streams)){
  ++streams;
  const part=stream.age_s===null||!stream.freshness_target_s?0:stream.age_s/stream.freshness_target_s;
  if(stream.age_s!==null&&(!worst||part>worst.part))worst={part,name:p+'/'+o,stream};
 }
 const body=document.body;
 let changed=body.dataset.streams!==String(streams)||body.dataset.health!==status.ready+'/'+status.database_up;
 for(const row of document.querySelectorAll('tr[data-p]')){
  const portal=status.portals[row.dataset.p],stream=portal&&portal.streams[row.dataset.o];
  if(!stream||row.dataset.s!==stream.state+'/'+stream.reason+'/'+stream.backfill.running)changed=true;
  else show(row,stream);
 }
 if(changed)return location.reload();
 if(worst){put(body,'worst',worst.name);put(body,'worst-age',span(worst.stream.age_s));put(body,'worst-target',span(worst.stream.freshness_target_s));}
 put(body,'at',status.generated_at.slice(0,19).replace('T',' ')+' UTC');
};
const refresh=async()=>{
 if(document.hidden)return;
 const lost=document.getElementById('lost');
 try{
  const answer=await fetch('/api/v1/status',{cache:'no-store'});
  if(!answer.ok)throw new Error(answer.status);
  update(await answer.json());
  lost.hidden=true;
 }catch{lost.hidden=false;}
};
setInterval(refresh,5000);
)js";

int HexDigit(char c) {
  return c <= '9' ? c - '0' : c - 'a' + 10;
}

/// Base64 of bytes given as lower-case hex digits.
std::string Base64OfHex(std::string_view hex) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  uint32_t bits = 0;
  int held = 0;
  for (const char digit : hex) {
    bits = bits << 4 | static_cast<uint32_t>(HexDigit(digit));
    held += 4;
    if (held < 6) continue;
    held -= 6;
    text += kAlphabet[bits >> held & 0x3F];
  }
  if (held > 0) text += kAlphabet[bits << (6 - held) & 0x3F];
  while (text.size() % 4 != 0) text += '=';
  return text;
}

std::string HashSource(std::string_view text) {
  return "'sha256-" + Base64OfHex(Sha256Hex(text)) + "'";
}

}  // namespace

std::string_view PageStyle() {
  return kStyle;
}
std::string_view PageScript() {
  return kScript;
}

std::string ContentSecurityPolicy() {
  return "default-src 'none'; style-src " + HashSource(kStyle) + "; script-src " +
         HashSource(kScript) +
         "; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
}

}  // namespace hubmirror
