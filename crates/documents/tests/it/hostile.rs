//! Documents that were made to hurt: each is refused with a reason, quickly and within its memory.

use std::{
    fmt::Write as _,
    io::{Cursor, Write as _},
};

use gatewright_documents::Limits;
use zip::{ZipWriter, write::SimpleFileOptions};

use super::{read, refusal};

fn archive(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        writer
            .start_file(*name, SimpleFileOptions::default())
            .unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

const WORD_RELS: &[u8] = br#"<Relationships><Relationship Id="r1" Type="http://x/officeDocument" Target="word/document.xml"/></Relationships>"#;
const SLIDES_RELS: &[u8] = br#"<Relationships><Relationship Id="r1" Type="http://x/officeDocument" Target="ppt/presentation.xml"/></Relationships>"#;
const CONTAINER: &[u8] =
    br#"<container><rootfiles><rootfile full-path="../../../etc/passwd"/></rootfiles></container>"#;

fn word(document: &[u8]) -> Vec<u8> {
    archive(&[("_rels/.rels", WORD_RELS), ("word/document.xml", document)])
}

fn workbook(sheet: &str) -> Vec<u8> {
    archive(&[
        (
            "_rels/.rels",
            br#"<Relationships><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#,
        ),
        ("xl/workbook.xml", br#"<workbook xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="s" sheetId="1" r:id="r1"/></sheets></workbook>"#),
        ("xl/_rels/workbook.xml.rels", br#"<Relationships><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
    ])
}

/// A PDF of objects, with its table of places.
fn pdf(objects: &[String]) -> Vec<u8> {
    let mut file = String::from("%PDF-1.4\n");
    let mut places = Vec::new();
    for (place, object) in objects.iter().enumerate() {
        places.push(file.len());
        write!(file, "{} 0 obj\n{object}\nendobj\n", place + 1).unwrap();
    }
    let start = file.len();
    write!(file, "xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).unwrap();
    for place in places {
        writeln!(file, "{place:010} 00000 n ").unwrap();
    }
    write!(
        file,
        "trailer\n<</Size {}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF",
        objects.len() + 1
    )
    .unwrap();
    file.into_bytes()
}

#[test]
fn sec_202_archive_that_unpacks_to_too_much_is_refused() {
    let limits = Limits {
        unpacked_bytes: 1 << 20,
        ..Limits::default()
    };
    let zeros = vec![b' '; 4 << 20];
    for (name, bytes) in [
        ("a.docx", word(&zeros)),
        ("a.xlsx", archive(&[("xl/media/zeros", &zeros)])),
        ("a.pptx", archive(&[("_rels/.rels", &zeros)])),
        ("a.epub", archive(&[("META-INF/container.xml", &zeros)])),
    ] {
        assert!(bytes.len() < 100_000);
        assert_eq!(
            refusal(name, &bytes, &limits),
            "The document is too large: at most 1048576 unpacked bytes are read."
        );
    }
    let few = Limits {
        parts: 1,
        ..Limits::default()
    };
    assert!(refusal("a.docx", &word(b""), &few).contains("at most 1 parts"));
}

#[test]
fn sec_202_entities_that_a_document_declares_are_never_expanded() {
    let document = br#"<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY f SYSTEM "file:///etc/passwd">]>
        <w:document><w:body><w:p><w:r><w:t>x&b;&f;&amp;&#20013;y</w:t></w:r></w:p></w:body></w:document>"#;
    let read = read("a.docx", &word(document), &Limits::default()).unwrap();
    assert_eq!(read.to_markdown(), "x&中y");
    // As a text it stays what it is.
    let text = super::read("a.xml", document, &Limits::default()).unwrap();
    assert_eq!(text.to_markdown().as_bytes(), document);
}

#[test]
fn sec_202_cells_far_from_each_other_are_counted() {
    let sheet = r#"<worksheet><sheetData><row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>2</v></c></row></sheetData></worksheet>"#;
    // Two rows of 16,384 cells at most: those in between are not made.
    let document = read("a.xlsx", &workbook(sheet), &Limits::default()).unwrap();
    assert_eq!(
        document.to_markdown().len(),
        3 * (16_384 * 3 + 1) + 2 + 2 + 16_384 * 3
    );
    let few = Limits {
        cells: 10_000,
        ..Limits::default()
    };
    assert!(refusal("a.xlsx", &workbook(sheet), &few).contains("at most 10000 cells"));
    let mut wide = vec!["x"; 1_000].join(",");
    wide.push_str(&"\nx".repeat(1_000));
    assert!(refusal("a.csv", wide.as_bytes(), &few).contains("at most 10000 cells"));
}

#[test]
fn sec_202_elements_nested_too_deeply_are_refused() {
    let nested = |open: &str, close: &str| open.repeat(5_000) + &close.repeat(5_000);
    for (name, bytes) in [
        (
            "a.docx",
            word(nested("<w:tbl><w:tr><w:tc>", "</w:tc></w:tr></w:tbl>").as_bytes()),
        ),
        (
            "a.html",
            nested("<table><tr><td>", "</td></tr></table>").into_bytes(),
        ),
        ("a.html", "<b>".repeat(100_000).into_bytes()),
    ] {
        let refusal = refusal(name, &bytes, &Limits::default());
        assert!(refusal.contains("at most 500 nested elements"), "{refusal}");
    }
}

#[test]
fn sec_202_parts_that_refer_to_themselves_or_out_of_the_archive_end_the_reading() {
    let spine = "<package><manifest><item id=\"a\" href=\"a.html\"/></manifest><spine>".to_owned()
        + &"<itemref idref=\"a\"/>".repeat(50_000)
        + "</spine></package>";
    let container =
        br#"<container><rootfiles><rootfile full-path="b.opf"/></rootfiles></container>"#;
    let book = archive(&[
        ("META-INF/container.xml", container),
        ("b.opf", spine.as_bytes()),
        ("a.html", b"<p>once</p>"),
    ]);
    let document = read("a.epub", &book, &Limits::default()).unwrap();
    assert_eq!(document.to_markdown(), "once");
    let outside = archive(&[("META-INF/container.xml", CONTAINER)]);
    assert_eq!(
        refusal("a.epub", &outside, &Limits::default()),
        "Failed to extract text from EPUB: etc/passwd is missing"
    );
    let slides = "<p:presentation xmlns:r=\"x\"><p:sldIdLst>".to_owned()
        + &"<p:sldId id=\"1\" r:id=\"r1\"/>".repeat(50_000)
        + "</p:sldIdLst></p:presentation>";
    let deck = archive(&[
        ("_rels/.rels", SLIDES_RELS),
        ("ppt/presentation.xml", slides.as_bytes()),
        (
            "ppt/_rels/presentation.xml.rels",
            br#"<R><Relationship Id="r1" Type="x/slide" Target="s.xml"/></R>"#,
        ),
        ("ppt/s.xml", b"<s/>"),
    ]);
    assert!(refusal("a.pptx", &deck, &Limits::default()).contains("at most 10000 pages"));
}

#[test]
fn sec_202_pdf_of_a_hundred_thousand_pages_or_of_circles_is_refused() {
    let catalog = "<</Type/Catalog/Pages 2 0 R>>".to_owned();
    let page = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>".to_owned();
    let kids = "3 0 R ".repeat(100_000);
    let many = pdf(&[
        catalog.clone(),
        format!("<</Type/Pages/Count 100000/Kids[{kids}]>>"),
        page,
    ]);
    let refused = refusal("many.pdf", &many, &Limits::default());
    assert!(refused.contains("at most 10000 pages"), "{refused}");
    let circle = pdf(&[
        catalog,
        "<</Type/Pages/Count 3/Kids[2 0 R 2 0 R 1 0 R]>>".to_owned(),
    ]);
    // Whether it has no pages or cannot be read: it ends.
    if let Ok(document) = read("circle.pdf", &circle, &Limits::default()) {
        assert_eq!(document.to_markdown().trim(), "");
    }
}

#[test]
fn document_that_is_not_what_its_name_says_is_refused_with_its_kind() {
    for (name, bytes, reason) in [
        (
            "a.pdf",
            &b"no pdf at all"[..],
            "Failed to extract text from PDF: it is no PDF, or it is damaged",
        ),
        (
            "a.docx",
            b"no zip at all",
            "Failed to extract text from DOCX: ",
        ),
        (
            "a.docx",
            b"\xD0\xCF\x11\xE0 encrypted",
            "Failed to extract text from DOCX: it is protected by a password",
        ),
        (
            "a.xlsx",
            b"PK\x03\x04",
            "Failed to extract text from XLSX: ",
        ),
        (
            "a.xls",
            b"\xD0\xCF\x11\xE0",
            "Failed to extract text from XLS: ",
        ),
        (
            "a.eml",
            b"",
            "Failed to extract text from EML: it is no mail",
        ),
        (
            "a.txt",
            b"\x7fELF\0\0\x01",
            "Failed to extract text from the file: it is no text",
        ),
        (
            "a.exe",
            b"MZ\x90\0\x03\0",
            "Unsupported Extension Type: .exe",
        ),
    ] {
        let refusal = refusal(name, bytes, &Limits::default());
        assert!(refusal.starts_with(reason), "{name}: {refusal}");
    }
    let cut = word(b"<w:document><w:body><w:p>");
    assert_eq!(
        refusal("a.docx", &cut, &Limits::default()),
        "Failed to extract text from DOCX: it ends in the middle"
    );
}

#[test]
fn text_beyond_its_limit_is_refused_and_not_cut() {
    let limits = Limits {
        text_bytes: 1_000,
        ..Limits::default()
    };
    assert!(read("a.txt", &[b'x'; 999], &limits).is_ok());
    let refused = refusal("a.txt", &[b'x'; 1_001], &limits);
    assert_eq!(
        refused,
        "The document is too large: at most 1000 bytes of text are read."
    );
    let small = Limits {
        input_bytes: 3,
        ..Limits::default()
    };
    assert!(refusal("a.txt", b"four", &small).contains("at most 3 bytes are read"));
}
