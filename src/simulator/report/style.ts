/** The looks of the report: one sheet, light and dark. */
export const style = `
:root{--ink:#1d2733;--dim:#667385;--paper:#f6f7f9;--card:#fff;--edge:#e3e7ec;--good:#2a7f6f;--late:#e0a43b;--bad:#c8504b;--back:#6a7bc4;--other:#9fb0c3}
@media(prefers-color-scheme:dark){:root{--ink:#e6eaf0;--dim:#93a0b1;--paper:#14181d;--card:#1d232a;--edge:#303945;--good:#4fb3a0;--late:#e5b45a;--bad:#e0736d;--back:#8f9ee4;--other:#5f7186}}
*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,"Segoe UI","DejaVu Sans",sans-serif}
main{max-width:1120px;margin:0 auto;padding:28px 20px 40px}h1{font-size:26px;margin:0}h2{font-size:17px;margin:0 0 8px}
header p{margin:2px 0 20px;color:var(--dim)}section{margin-bottom:20px}
.tiles{display:grid;grid-template-columns:repeat(4,1fr);gap:14px}
.tiles div,figure,section:not(.tiles):not(.plots){background:var(--card);border:1px solid var(--edge);border-radius:10px;padding:14px 16px}
.tiles span,.tiles small{display:block;color:var(--dim);font-size:13px}.tiles b{display:block;font-size:27px;font-weight:650;line-height:1.25}
.plots{display:grid;grid-template-columns:repeat(2,1fr);gap:14px}figure{margin:0}figcaption{font-size:13px;color:var(--dim);margin-bottom:4px}
figcaption b{color:var(--ink);margin-right:12px}figcaption span{margin-right:10px;white-space:nowrap}figcaption i{display:inline-block;width:10px;height:10px;border-radius:2px;margin-right:4px}
svg{display:block;width:100%}.tick{font-size:11px;fill:var(--dim)}.end{text-anchor:end}.grid{stroke:var(--edge)}
.good{fill:var(--good);stroke:var(--good)}.late{fill:var(--late);stroke:var(--late)}.bad{fill:var(--bad);stroke:var(--bad)}.back{fill:var(--back);stroke:var(--back)}.other{fill:var(--other);stroke:var(--other)}
rect{stroke:none!important}i.good{background:var(--good)}i.late{background:var(--late)}i.bad{background:var(--bad)}i.back{background:var(--back)}i.other{background:var(--other)}
.line{fill:none!important;stroke-width:2;stroke-linejoin:round}.line.dashed{stroke-dasharray:5 4}.fill{stroke:none!important;opacity:.22}
table{width:100%;border-collapse:collapse;font-size:14px;font-variant-numeric:tabular-nums}th,td{padding:5px 8px;text-align:right;border-bottom:1px solid var(--edge)}
tbody tr:last-child>*{border-bottom:0}th:first-child{text-align:left}thead th{color:var(--dim);font-weight:500;font-size:13px}tbody th{font-weight:550}
.bar{width:22%;min-width:90px}.meter{height:10px;background:var(--edge);border-radius:3px}.yes{color:var(--good);font-weight:650}.no{color:var(--bad);font-weight:650}
section p{color:var(--dim);margin:8px 0 0}footer{color:var(--dim);font-size:13px}
@media(max-width:760px){.tiles,.plots{grid-template-columns:1fr 1fr}.plots{grid-template-columns:1fr}section{overflow-x:auto}}
@media print{body{background:#fff}figure,section{break-inside:avoid}}
`.trim();
