"""Pages and drawings that try to get out of the frame in which they are looked at. Pure.

``{tcp}`` and ``{udp}`` are ports of listeners on this machine.
"""

from typing import Final

OUT: Final = {
    "preconnect": '<link rel=preconnect href="http://127.0.0.1:{tcp}"><link rel=prefetch href="http://127.0.0.1:{tcp}/pf">',
    "link by script": "<script>var l=document.createElement('link');l.rel='preconnect';l.href='http://127.0.0.1:{tcp}';document.head.append(l)</script>",
    "pictures and styles": '<img src="http://127.0.0.1:{tcp}/i"><style>@import "http://127.0.0.1:{tcp}/c"; body{{background:url(http://127.0.0.1:{tcp}/b)}}</style>',
    "navigation": '<script>location="http://127.0.0.1:{tcp}/n"</script><meta http-equiv=refresh content="0;url=http://127.0.0.1:{tcp}/m">',
    "form": '<form id=f action="http://127.0.0.1:{tcp}/fo"></form><script>f.submit()</script>',
    "frames": '<iframe src="http://127.0.0.1:{tcp}/if"></iframe><object data="http://127.0.0.1:{tcp}/ob"></object><embed src="http://127.0.0.1:{tcp}/em">',
    "fetch": "<script>fetch('http://127.0.0.1:{tcp}/f');navigator.sendBeacon('http://127.0.0.1:{tcp}/be','x');new WebSocket('ws://127.0.0.1:{tcp}/w')</script>",
    "webrtc": "<script>var p=new RTCPeerConnection({{iceServers:[{{urls:'stun:127.0.0.1:{udp}'}}]}});p.createDataChannel('x');p.createOffer().then(o=>p.setLocalDescription(o))</script>",
    "frame within": "<iframe srcdoc=\"<script>new RTCPeerConnection({{iceServers:[{{urls:'stun:127.0.0.1:{udp}'}}]}}).createDataChannel('x')</script><img src=http://127.0.0.1:{tcp}/s>\"></iframe>",
    "window": '<script>open("http://127.0.0.1:{tcp}/pop");top.location="http://127.0.0.1:{tcp}/top"</script><a id=a href="#x" ping="http://127.0.0.1:{tcp}/p">x</a>',
    "drawing": '<svg xmlns="http://www.w3.org/2000/svg" onload="fetch(\'http://127.0.0.1:{tcp}/svg\')"><image href="http://127.0.0.1:{tcp}/si"/><use href="http://127.0.0.1:{tcp}/su#a"/><script>fetch("http://127.0.0.1:{tcp}/ss")</script><foreignObject><iframe src="http://127.0.0.1:{tcp}/fo"></iframe></foreignObject></svg>',
    "unclosed": '<title></title><noscript><p title="</noscript><iframe src=http://127.0.0.1:{tcp}/ns></iframe>"><math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;iframe src=http://127.0.0.1:{tcp}/mx&gt;">',
    "speculation": '<script type=speculationrules>{{"prefetch":[{{"source":"list","urls":["http://127.0.0.1:{tcp}/sp"],"eagerness":"immediate"}}]}}</script>',
}
"""Ways to the network."""

IN: Final = (
    "<p>Wait.</p><script>"
    "var said=[];for(const way of [()=>document.cookie,()=>localStorage.length,()=>parent.document.title,()=>top.location.href,()=>parent.fetch('/chat/list/')])"
    "{{try{{said.push(String(way()))}}catch(e){{said.push('refused '+e.name)}}}}"
    "for(const target of [parent,top]){{target.postMessage({{type:'artifacts.changed',id:1,ready:true,svg:'<svg onload=alert(1)>',width:9,height:9}},'*')}}"
    "try{{top.location='/accounts/logout/'}}catch(e){{}}open('/chat/');alert(1);"
    "document.body.textContent=said.join('|')"
    "</script>"
)
"""Reads what belongs to the page around it, and tries to have it do something. What it says for itself stands in its body."""
