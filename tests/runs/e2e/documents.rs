//! Documents that are uploaded and read by a workflow, each in a process of the real binary.

use serde_json::{Value, json};

use crate::{
    run_files::{World, app, node, uploaded},
    support::{events::events, process::binary},
};

const SAMPLES: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../crates/documents/tests/samples"
);

fn sample(name: &str) -> Vec<u8> {
    std::fs::read(format!("{SAMPLES}/{name}")).unwrap()
}

/// An app that extracts one of its inputs.
async fn extractor(input: &str, settings: &[(&str, &str)]) -> World {
    extractor_by("api-server", input, settings).await
}

/// The same; documents are read by this program.
async fn extractor_by(program: &str, input: &str, settings: &[(&str, &str)]) -> World {
    let data = json!({"variable_selector": ["start", input], "is_array_file": input == "more"});
    let work = node("work", "document-extractor", data);
    let app = app(Some(work), ["work", "text"], json!({}));
    let reader = binary(program).display().to_string();
    let library = std::env::var("GATEWRIGHT_TEST_PDFIUM").expect("set by `cargo xtask test`");
    let own = [
        ("GATEWRIGHT_DOCUMENT_READER", reader.as_str()),
        ("GATEWRIGHT_PDFIUM_LIBRARY", library.as_str()),
    ];
    World::with(&app, &[&own, settings].concat()).await
}

async fn failure(world: &World, inputs: Value) -> String {
    let stream = world.run(&json!({"inputs": inputs})).await.expect(200).body;
    let last = events(&stream).pop().unwrap();
    assert_eq!(last["data"]["status"], "failed", "{last}");
    last["data"]["error"].as_str().unwrap().to_owned()
}

#[actix_web::test]
async fn documents_that_are_uploaded_come_out_of_a_workflow_as_text() {
    let world = extractor("pic", &[]).await;
    for (name, words) in [
        ("reportlab.pdf", "第一页的中文：知识库由文档组成。"),
        ("report.docx", "| 小明 | 北京 | outer<br>内表 inner |"),
        ("book.xlsx", "| 小明 | 北京 | 12.5 |  |"),
        ("table.csv", "| 小明 | 北京 | 喜欢读书 |"),
        ("page.html", "# 员工手册"),
        ("utf16.txt", "中文字符"),
    ] {
        let file = world.upload(name, &sample(name)).await;
        let text = world.outputs(json!({"pic": uploaded(&file)})).await;
        assert!(text.as_str().unwrap().contains(words), "{name}: {text}");
    }
}

#[actix_web::test]
async fn worker_reads_documents_as_a_server_does() {
    let world = extractor_by("worker", "pic", &[]).await;
    for (name, words) in [
        ("reportlab.pdf", "第一页的中文：知识库由文档组成。"),
        ("table.csv", "| 小明 | 北京 | 喜欢读书 |"),
    ] {
        let file = world.upload(name, &sample(name)).await;
        let text = world.outputs(json!({"pic": uploaded(&file)})).await;
        assert!(text.as_str().unwrap().contains(words), "{name}: {text}");
    }
}

#[actix_web::test]
async fn list_of_files_becomes_a_list_of_texts() {
    let world = extractor("more", &[]).await;
    let [one, two] = [
        world.upload("a.xyz", "第一".as_bytes()).await,
        world.upload("b.xyz", b"second").await,
    ];
    let texts = world
        .outputs(json!({"more": [uploaded(&one), uploaded(&two)]}))
        .await;
    assert_eq!(texts, json!(["第一", "second"]));
    let nothing = failure(&world, json!({})).await;
    assert_eq!(
        nothing,
        "File variable not found for selector: ['start', 'more']"
    );
}

#[actix_web::test]
async fn sec_202_document_that_cannot_be_read_fails_its_run_and_the_next_one_is_read() {
    let settings = [("GATEWRIGHT_DOCUMENT_MEMORY", "200")];
    let world = extractor("pic", &settings).await;
    let bad = world.upload("bad.pdf", b"%PDF-1.4 and nothing else").await;
    assert_eq!(
        failure(&world, json!({"pic": uploaded(&bad)})).await,
        "Failed to extract text from PDF: it is no PDF, or it is damaged"
    );
    let [good, none] = [
        world.upload("a.md", "好".as_bytes()).await,
        world.upload("a.txt", b"\x7fELF\0\0").await,
    ];
    assert_eq!(
        failure(&world, json!({"pic": uploaded(&none)})).await,
        "Failed to extract text from the file: it is no text"
    );
    assert_eq!(world.outputs(json!({"pic": uploaded(&good)})).await, "好");
}

#[actix_web::test]
async fn server_without_the_library_for_pdf_says_which_setting_names_it() {
    let world = extractor("pic", &[("GATEWRIGHT_PDFIUM_LIBRARY", "/nowhere.so")]).await;
    let file = world.upload("a.pdf", &sample("reportlab.pdf")).await;
    let error = failure(&world, json!({"pic": uploaded(&file)})).await;
    assert!(
        error.contains("/nowhere.so") && error.contains("Set GATEWRIGHT_PDFIUM_LIBRARY"),
        "{error}"
    );
}
