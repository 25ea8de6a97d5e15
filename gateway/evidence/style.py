"""The look of a package's page: the colours and proportions of NHS pages, system fonts, light print rules."""

STYLE = """
*{box-sizing:border-box}
body{margin:0;font:18px/1.5 Frutiger,Arial,"Liberation Sans",sans-serif;color:#212b32;background:#f0f4f5}
header{background:#005eb8;color:#fff}
.bar-inner,main,footer{max-width:940px;margin:0 auto;padding:0 24px}
header .bar-inner{padding-top:28px;padding-bottom:28px}
h1{font-size:34px;line-height:1.2;margin:4px 0 8px}
h2{font-size:25px;line-height:1.25;margin:0 0 12px}
h3{font-size:20px;margin:20px 0 8px}
.kicker{margin:0;font-size:16px;font-weight:700;letter-spacing:.02em}
.meta{margin:0;font-size:16px}
section>:last-child{margin-bottom:0}
section{background:#fff;border:1px solid #d8dde0;padding:28px;margin:28px 0}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(190px,1fr));gap:16px;margin:0 0 20px}
.facts div{border-left:4px solid #005eb8;padding:4px 0 4px 14px}
dt{font-size:15px;color:#4c6272}
dd{margin:2px 0 0;font-size:20px;font-weight:700}
.mark{border:2px solid #212b32;border-left-width:10px;padding:14px 18px;margin:0 0 20px}
.mark.blind{border-color:#007f3b}
.mark.informed{border-color:#ad5f00;border-style:dashed;border-left-style:solid}
.mark p{margin:0 0 8px}.mark p:last-child{margin:0}
.tag{display:inline-block;background:#212b32;color:#fff;padding:1px 9px;margin-right:6px;letter-spacing:.04em}
.blind .tag{background:#007f3b}.informed .tag{background:#8a4b00}
.promise{border-top:1px solid #d8dde0;padding-top:8px}
p,li,h1,h2{overflow-wrap:anywhere}
figure{margin:16px 0 24px}
figcaption,.note{font-size:16px;color:#4c6272;margin:8px 0 0}
.scroll{overflow-x:auto}
.scroll:focus,a:focus{outline:3px solid #212b32;outline-offset:2px;box-shadow:0 0 0 6px #ffeb3b}
table{border-collapse:collapse;width:100%;font-size:16px;font-variant-numeric:tabular-nums}
caption{text-align:left;font-weight:700;font-size:18px;padding:0 0 8px}
th,td{text-align:left;padding:8px 12px 8px 0;border-bottom:1px solid #d8dde0;vertical-align:top}
thead th{border-bottom:2px solid #4c6272}
tbody th{font-weight:400}
.n{white-space:nowrap}
tr.noisy td,tr.noisy th{color:#4c6272;font-style:italic}
pre,code{font-family:Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:14px}
pre{background:#f0f4f5;padding:14px;margin:0;white-space:pre-wrap;overflow-wrap:anywhere}
summary{cursor:pointer;font-weight:700;padding:4px 0 8px}
summary:focus{outline:3px solid #212b32;outline-offset:2px}
td code{overflow-wrap:anywhere}
footer{padding-bottom:32px;font-size:16px;color:#4c6272}
.skip{position:absolute;left:-9999px}.skip:focus{left:8px;top:8px;background:#fff;padding:8px 12px;z-index:2}
.chart{display:block;width:100%;min-width:640px;height:auto;font-family:inherit}
.chart text{font-size:14px;fill:#212b32}
.chart .group{font-weight:700}
.chart .tick,.chart .unit{font-size:13px;fill:#4c6272}
.chart .value{font-variant-numeric:tabular-nums}
.grid{stroke:#d8dde0}.grid.zero{stroke:#4c6272}
.bar{fill:#9cc3e6;stroke:#005eb8}
.dot{fill:#005eb8;stroke:#005eb8}
.whisker{stroke:#212b32;stroke-width:1.6}
.noisy .bar,.noisy .dot{fill:#fff;stroke:#4c6272}
.noisy .whisker{stroke:#4c6272;stroke-width:1}
.noisy .value,.noisy .label{fill:#4c6272;font-style:italic}
@media (max-width:640px){section{padding:16px}.bar-inner,main,footer{padding-left:12px;padding-right:12px}
h1{font-size:26px}}
@media print{body{background:#fff}header{background:#fff;color:#000}section{border:0;padding:0}.skip{display:none}}
""".replace("\n", "")
