//! What comes out of documents of real programs.

use gatewright_documents::{Block, Limits};

use super::{read, sample};

#[test]
fn document_of_a_real_program_reads_as_people_see_it() {
    for (name, text) in [
        (
            "book.xlsx",
            "| name | 城市 | age | when |\n| --- | --- | --- | --- |\n| Ada | London | 36 | 2024-05-01 12:30:00 |\n\
             | 小明 | 北京 | 12.5 |  |\n| [Link](https://example.com/h) | x | True | say \"hi\" \\| twice |\n\n\
             | k | v |\n| --- | --- |\n| port | 5001 |",
        ),
        (
            "old.xls",
            "| name | 城市 | age |\n| --- | --- | --- |\n| Ada | London | 36 |\n| 小明 | 北京 | 12.5 |\n\
             | 2024-05-01 12:30:00 |  |  |",
        ),
        (
            "report.docx",
            "季度报告\nFirst paragraph with bold and the rest. See [the docs](https://example.com/docs)\nbullet one\n第二项\n\
             | name | 城市 | note |\n| --- | --- | --- |\n| 小明 | 北京 | outer<br>内表 inner |\n| two \\| columns |  | last |\n\
             表格之后的中文段落。\n\nLast\tone.",
        ),
        (
            "deck.pptx",
            "产品介绍\nGatewright, line one\nline two\n\nNumbers\n| 指标 | value |\n| --- | --- |\n| 用户 | 1200 |",
        ),
        (
            "reportlab.pdf",
            "Page one first line\n第一页的中文：知识库由文档组成。\n\n第二页 only line.",
        ),
        (
            "book.epub",
            "# 第一章\n\n这是第一章的内容。\n\n# Chapter 2\n\nThe second one.\n\n| a | b |\n| --- | --- |\n| 1 | 二 |",
        ),
        (
            "mail.eml",
            "Subject: 会议纪要 and more\nFrom: 王小明 <ming@example.com>\nTo: team@example.com, Ada <ada@example.com>\n\
             Date: 2024-05-01T12:30:00+08:00\n\n大家好：\n\n这是纪要。\nSecond line.\n\nAttachment: 数据.csv",
        ),
        (
            "html.eml",
            "Subject: HTML only\nFrom: a@example.com\n\n只有 **HTML**",
        ),
        (
            "page.html",
            "员工手册\nmenu\n\n# 员工手册\n\nFirst paragraph with [a link](https://example.com/l) and 中文。\n\n*   one\n*   二\n\n\
             | k | 值 |\n| --- | --- |\n| port | 5001 |\n\ncode  here\n  indented",
        ),
        (
            "table.csv",
            "| name | 城市 | note |\n| --- | --- | --- |\n| Ada | London | first, programmer |\n| 小明 | 北京 | 喜欢读书 |\n\
             | Bob |  | line one<br>line two |",
        ),
        ("utf16.txt", "UTF-16 text with 中文字符 inside.\n"),
        ("big5.txt", "這是一個用大五碼保存的文件，用來檢查編碼。\n"),
        (
            "notes.vtt",
            "WEBVTT\n\n00:01.000 --> 00:04.000\n<v 小明>你好。\n",
        ),
        ("conf.properties", "a.b=1\nc.d=你好\n"),
        ("page.mdx", "# 标题\n\n<Comp a={1} />\n"),
    ] {
        let document = read(name, &sample(name), &Limits::default());
        let document = document.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(document.to_markdown(), text, "{name}");
    }
}

#[test]
fn printed_page_has_all_its_words() {
    let document = read("chromium.pdf", &sample("chromium.pdf"), &Limits::default()).unwrap();
    let text = document.to_markdown();
    for words in [
        "员工手册",
        "First paragraph with a link and 中文。",
        "port",
        "5001",
    ] {
        assert!(text.contains(words), "{text}");
    }
}

/// What indexes a table takes it row by row.
#[test]
fn sheets_of_a_workbook_are_tables_under_their_names() {
    let document = read("book.xlsx", &sample("book.xlsx"), &Limits::default()).unwrap();
    let names: Vec<_> = document
        .pages
        .iter()
        .map(|page| page.title.as_deref())
        .collect();
    assert_eq!(names, [Some("People"), Some("设置")]);
    let Block::Table(table) = &document.pages[1].blocks[0] else {
        panic!("{document:?}");
    };
    assert_eq!(table.rows, [["k", "v"], ["port", "5001"]]);
}

#[test]
fn kind_of_a_file_without_a_name_is_seen() {
    for name in ["book.xlsx", "report.docx", "deck.pptx", "book.epub"] {
        let bytes = sample(name);
        let named = read(name, &bytes, &Limits::default()).unwrap();
        assert_eq!(read("download.bin", &bytes, &Limits::default()), Ok(named));
    }
}
