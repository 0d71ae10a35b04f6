"""Makes the documents of the tests. Needs: openpyxl python-docx python-pptx reportlab xlwt EbookLib, and Chromium on the PATH with the font WenQuanYi Micro Hei (fonts-wqy-microhei)."""
import csv, datetime, email.message, email.policy, io, os, pathlib, subprocess, sys, zipfile

OUT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
WHEN = datetime.datetime(2024, 5, 1, 12, 30)

def workbook():
    import openpyxl
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "People"
    rows = [["name", "城市", "age", "when"], ["Ada", "London", 36, WHEN], ["小明", "北京", 12.5, None], [], ["Link", "x", True, 'say "hi" | twice']]
    for row in rows:
        sheet.append(row)
    sheet["A5"].hyperlink = "https://example.com/h"
    second = book.create_sheet("设置")
    second.append(["k", "v"])
    second.append(["port", 5001])
    book.create_sheet("empty")
    book.save(OUT / "book.xlsx")

def old_workbook():
    import xlwt
    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("人员")
    for r, row in enumerate([["name", "城市", "age"], ["Ada", "London", 36], ["小明", "北京", 12.5]]):
        for c, value in enumerate(row):
            sheet.write(r, c, value)
    sheet.write(3, 0, WHEN, xlwt.easyxf(num_format_str="YYYY-MM-DD HH:MM"))
    book.save(str(OUT / "old.xls"))

def word():
    import docx
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn
    document = docx.Document()
    document.add_heading("季度报告", 0)
    paragraph = document.add_paragraph("First paragraph with ")
    paragraph.add_run("bold").bold = True
    paragraph.add_run(" and the rest. See ")
    link = OxmlElement("w:hyperlink")
    link.set(qn("r:id"), document.part.relate_to("https://example.com/docs", docx.opc.constants.RELATIONSHIP_TYPE.HYPERLINK, is_external=True))
    run = OxmlElement("w:r"); text = OxmlElement("w:t"); text.text = "the docs"; run.append(text); link.append(run)
    paragraph._p.append(link)
    document.add_paragraph("bullet one", style="List Bullet")
    document.add_paragraph("第二项", style="List Bullet")
    table = document.add_table(rows=2, cols=3)
    for cell, value in zip(table.rows[0].cells, ["name", "城市", "note"]):
        cell.text = value
    for cell, value in zip(table.rows[1].cells, ["小明", "北京", "outer"]):
        cell.text = value
    inner = table.rows[1].cells[2].add_table(rows=1, cols=2)
    inner.rows[0].cells[0].text = "内表"
    inner.rows[0].cells[1].text = "inner"
    wide = table.add_row()
    wide.cells[0].merge(wide.cells[1]).text = "two | columns"
    wide.cells[2].text = "last"
    document.add_paragraph("表格之后的中文段落。")
    document.add_paragraph("")
    document.add_paragraph("Last\tone.")
    without_thumbnail(document.part.package)
    for key in [key for key, rel in document.part.rels.items() if rel.reltype.endswith("/stylesWithEffects")]:
        document.part.rels.pop(key)
    document.save(OUT / "report.docx")

def without_thumbnail(package):
    """The template's preview picture is half of the file."""
    rels = getattr(package, "rels", None) or package._rels
    for key in [key for key, rel in rels.items() if rel.reltype.endswith("/thumbnail")]:
        rels.pop(key)

def slides():
    import pptx
    from pptx.util import Inches
    deck = pptx.Presentation()
    first = deck.slides.add_slide(deck.slide_layouts[0])
    first.shapes.title.text = "产品介绍"
    first.placeholders[1].text = "Gatewright, line one\nline two"
    second = deck.slides.add_slide(deck.slide_layouts[5])
    second.shapes.title.text = "Numbers"
    table = second.shapes.add_table(2, 2, Inches(1), Inches(2), Inches(5), Inches(1)).table
    for r, row in enumerate([["指标", "value"], ["用户", "1200"]]):
        for c, value in enumerate(row):
            table.cell(r, c).text = value
    without_thumbnail(deck.part.package)
    deck.save(OUT / "deck.pptx")

def reportlab_pdf():
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfgen import canvas
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    page = canvas.Canvas(str(OUT / "reportlab.pdf"), invariant=1)
    page.setFont("Helvetica", 14); page.drawString(72, 760, "Page one first line")
    page.setFont("STSong-Light", 14); page.drawString(72, 730, "第一页的中文：知识库由文档组成。")
    page.showPage()
    page.setFont("STSong-Light", 14); page.drawString(72, 760, "第二页 only line.")
    page.showPage(); page.save()

HTML = """<!doctype html><html><head><meta charset="utf-8"><title>员工手册</title><style>body,pre{font:16px 'WenQuanYi Micro Hei'} h1{font-weight:normal} th{font-weight:normal}</style>
<script>var hidden = 1;</script></head><body><nav>menu</nav><h1>员工手册</h1><p>First   paragraph with <a href="https://example.com/l">a link</a>
and 中文。</p><ul><li>one</li><li>二</li></ul><table><tr><th>k</th><th>值</th></tr><tr><td>port</td><td>5001</td></tr></table>
<pre>code  here
  indented</pre></body></html>
"""

def chromium_pdf():
    page = OUT / "page.html"
    page.write_text(HTML, encoding="utf-8")
    subprocess.run(["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer",
                    f"--print-to-pdf={OUT / 'chromium.pdf'}", page.resolve().as_uri()], check=True, stderr=subprocess.DEVNULL)

def book():
    from ebooklib import epub
    out = epub.EpubBook()
    out.set_identifier("gatewright-test"); out.set_title("小书"); out.set_language("zh")
    chapters = []
    for name, title, body in [("one two.xhtml", "第一章", "<p>这是第一章的内容。</p>"), ("three.xhtml", "Chapter 2", "<p>The second one.</p><table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>二</td></tr></table>")]:
        chapter = epub.EpubHtml(title=title, file_name=name, lang="zh")
        chapter.content = f"<h1>{title}</h1>{body}"
        out.add_item(chapter); chapters.append(chapter)
    out.toc = chapters
    out.add_item(epub.EpubNcx()); out.add_item(epub.EpubNav())
    out.spine = chapters
    epub.write_epub(str(OUT / "book.epub"), out)

def mail():
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    message["Subject"] = "会议纪要 and more"
    message["From"] = "王小明 <ming@example.com>"
    message["To"] = "team@example.com, Ada <ada@example.com>"
    message["Date"] = "Wed, 01 May 2024 12:30:00 +0800"
    message.set_content("大家好：\n\n这是纪要。\nSecond line.\n")
    message.add_alternative("<p>大家好</p>", subtype="html")
    message.add_attachment(b"a,b\n", maintype="text", subtype="csv", filename="数据.csv")
    (OUT / "mail.eml").write_bytes(message.as_bytes())
    html = email.message.EmailMessage(policy=email.policy.SMTP)
    html["Subject"] = "HTML only"; html["From"] = "a@example.com"
    html.set_content("<p>只有 <b>HTML</b></p>", subtype="html")
    (OUT / "html.eml").write_bytes(html.as_bytes())

def texts():
    rows = [["name", "城市", "note"], ["Ada", "London", "first, programmer"], ["小明", "北京", "喜欢读书"], ["Bob", "", "line one\nline two"]]
    with open(OUT / "table.csv", "w", newline="", encoding="gb18030") as file:
        csv.writer(file).writerows(rows)
    (OUT / "utf16.txt").write_text("UTF-16 text with 中文字符 inside.\n", encoding="utf-16")
    (OUT / "big5.txt").write_bytes("這是一個用大五碼保存的文件，用來檢查編碼。\n".encode("big5"))
    (OUT / "notes.vtt").write_text("WEBVTT\n\n00:01.000 --> 00:04.000\n<v 小明>你好。\n", encoding="utf-8")
    (OUT / "conf.properties").write_text("a.b=1\nc.d=你好\n", encoding="utf-8")
    (OUT / "page.mdx").write_text("# 标题\n\n<Comp a={1} />\n", encoding="utf-8")

for make in [workbook, old_workbook, word, slides, reportlab_pdf, chromium_pdf, book, mail, texts]:
    make()
