"""What someone might plant in a document, a title, a question or an answer: 312 payloads made from a few patterns.

Each sets `globalThis.planted` where it runs, or asks for something elsewhere where it is only rendered.
"""

from __future__ import annotations

from itertools import product

_RUN = (
    "globalThis.planted=1",
    "alert(planted=1)",
    "top['planted']=1",
    "eval('planted=1')",
    "(()=>{planted=1})()",
    "window.planted=1",
)
_SHAPES = (
    "<script>{}</script>",
    "</script><script>{}</script>",
    "</textarea><script>{}</script>",
    "</title><script>{}</script>",
    "<!--<script>--><script>{}</script>",
    "<ScRiPt/x>{}</sCrIpT >",
    '<script src="data:text/javascript,{}"></script>',
    '<img src=x onerror="{}">',
    "<img src=//elsewhere.example/x onerror='{}'>",
    '"><img src=x onerror="{}">',
    "' onmouseover='{}' x='",
    '" autofocus onfocus="{}" x="',
    '<svg onload="{}">',
    "<svg><script>{}</script></svg>",
    '<svg><animate onbegin="{}" attributeName=x dur=1s>',
    '<math><mtext><style><img src=x onerror="{}"></style>',
    '<iframe src="javascript:{}"></iframe>',
    '<iframe srcdoc="<script>parent.{}</script>"></iframe>',
    '<object data="javascript:{}"></object>',
    '<embed src="javascript:{}">',
    '<form action="javascript:{}"><button autofocus>x</button></form>',
    '<a href="javascript:{}">x</a>',
    '<a href="data:text/html,<script>{}</script>">x</a>',
    '<base href="//elsewhere.example/"><script>{}</script>',
    '<meta http-equiv=refresh content="0;url=javascript:{}">',
    '<link rel=stylesheet href="//elsewhere.example/{}">',
    "<style>@import '//elsewhere.example/{}';</style>",
    "<style>*{{background:url(//elsewhere.example/{})}}</style>",
    '<body onload="{}">',
    '<details open ontoggle="{}">x</details>',
    '<video><source onerror="{}"></video>',
    '<audio src=x onerror="{}"></audio>',
    '<input autofocus onfocus="{}">',
    '<marquee onstart="{}">x</marquee>',
    '<template><img src=x onerror="{}"></template>',
    "<noscript><p title=\"</noscript><img src=x onerror='{}'>\">",
    "javascript:{}",
    "JaVaScRiPt&colon;{}",
    "${{{}}}",
    "{{{{constructor.constructor('{}')()}}}}",
    "`${{{}}}`",
    "\\u003cscript\\u003e{}\\u003c/script\\u003e",
    "&lt;script&gt;{}&lt;/script&gt;",
    "&#60;img src=x onerror={}&#62;",
    "%3Cscript%3E{}%3C/script%3E",
    "]]><script>{}</script>",
    "[x](javascript:{})",
    "![x](//elsewhere.example/{})",
    '<x style="width:expression({})">',
    "<img src=`x` onerror=`{}`>",
    "<img/src='x'/onerror='{}'>",
    "\u202e<script>{}</script>\u202c",
)

PAYLOADS = [shape.format(run) for shape, run in product(_SHAPES, _RUN)]
