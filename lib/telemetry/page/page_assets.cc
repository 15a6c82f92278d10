#include "telemetry/page/page_assets.h"

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
a{color:inherit}
#verdict{font-size:1.5rem;line-height:1.3;font-weight:600;margin:.5rem 0}
.soft{color:var(--soft)}.good{color:var(--good)}.busy{color:var(--busy)}.warn{color:var(--warn)}.bad{color:var(--bad)}
table{border-collapse:collapse;width:100%;margin:.5rem 0;font-variant-numeric:tabular-nums}
th,td{text-align:left;vertical-align:top;padding:.4rem .75rem .4rem 0;border-bottom:1px solid var(--line)}
thead th{font-size:.85rem;font-weight:400;color:var(--soft)}
td:last-child{overflow-wrap:anywhere;min-width:12rem}
td.n,th.n{text-align:right}
td:nth-child(3){white-space:nowrap}
section+table{margin-top:2rem}
progress,meter{width:8rem;vertical-align:middle;accent-color:var(--busy)}
@media(max-width:40rem){
thead{display:none}
table,tbody,tr,th,td{display:block}
tr{border-bottom:1px solid var(--line);padding:.5rem 0}
th,td,td.n{border:0;padding:.1rem 0;text-align:left}
td:empty,td.z{display:none}
td::before{content:attr(data-l) ": ";color:var(--soft)}
.Portals th,.Portals td:not(.z,:empty){display:inline-block;margin-right:.75rem}
.Portals td:nth-child(2)::before{content:none}
}
)css";

// The page is asked for again and what differs is put in place, so that all words come from one
// place, the daemon, and what a reader has marked stays marked.
constexpr std::string_view kScript = R"js(
'use strict';
const follow=(now,next)=>{
 if(now.nodeName!==next.nodeName||now.childNodes.length!==next.childNodes.length)return now.replaceWith(next);
 if(now.nodeType===3){if(now.data!==next.data)now.data=next.data;return;}
 for(const{name,value}of[...next.attributes])if(now.getAttribute(name)!==value)now.setAttribute(name,value);
 for(const{name}of[...now.attributes])if(!next.hasAttribute(name))now.removeAttribute(name);
 const parts=[...next.childNodes];
 [...now.childNodes].forEach((part,i)=>follow(part,parts[i]));
};
const refresh=async()=>{
 if(document.hidden)return;
 const lost=document.getElementById('lost');
 try{
  const answer=await fetch(location.href,{cache:'no-store',signal:AbortSignal.timeout(4000)});
  if(answer.status===404)return location.reload();
  if(!answer.ok)throw new Error(answer.status);
  const page=new DOMParser().parseFromString(await answer.text(),'text/html');
  follow(document.querySelector('main'),page.querySelector('main'));
  lost.hidden=true;
 }catch{lost.hidden=false;}
};
setInterval(refresh,5000);
)js";

std::string HashSource(std::string_view text) {
  return "'sha256-" + Base64Encode(Sha256(text)) + "'";
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
