//! Buckets, as a server on loopback that speaks as much of S3, and of what Azure and Google speak, as is asked of it: uploads in parts,
//! reading, deleting.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on must fail"
)]

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use futures_util::StreamExt as _;
use gatewright_domain::Secret;
use gatewright_objects::{ObjectSettings, Objects};
use gatewright_test_support::scripted_server::{Asked, ScriptedServer, Step, answer};
use serde_json::json;

#[derive(Default)]
struct Bucket {
    parts: BTreeMap<String, Vec<u8>>,
    objects: BTreeMap<String, Vec<u8>>,
    aborted: usize,
}

fn answers(bucket: &Mutex<Bucket>, asked: &Asked) -> Vec<Step> {
    let mut bucket = bucket.lock().unwrap();
    let (path, query) = asked.target.split_once('?').unwrap_or((&asked.target, ""));
    let xml = |body: &str| answer("200 OK", "content-type: application/xml\r\n", body);
    match (asked.method.as_str(), query) {
        ("POST", query) if query.starts_with("uploads") => xml(
            "<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>",
        ),
        // Azure: blocks, then the list of them.
        ("PUT", query) if query.contains("comp=blocklist") => {
            let parts = std::mem::take(&mut bucket.parts);
            let list = asked.text();
            let ids = list.split("<Uncommitted>").skip(1);
            let ids = ids.filter_map(|one| one.split("</Uncommitted>").next());
            let part = |id: &str| {
                let id = id.trim_end_matches('=');
                parts.iter().find(|(query, _)| query.contains(id))
            };
            let whole = ids.filter_map(part).flat_map(|(_, bytes)| bytes.clone());
            let whole = whole.collect();
            bucket.objects.insert(path.to_owned(), whole);
            answer("201 Created", "etag: \"whole\"\r\n", "")
        }
        ("PUT", query) if query.contains("partNumber=") || query.contains("comp=block") => {
            bucket.parts.insert(query.to_owned(), asked.body.clone());
            answer("200 OK", "etag: \"part\"\r\n", "")
        }
        // Azure deletes by a request that holds requests.
        ("POST", query) if query.contains("comp=batch") => {
            let text = asked.text();
            let deleted = text.split("DELETE ").nth(1).unwrap_or_default();
            let deleted = deleted.split([' ', '?']).next().unwrap_or_default();
            bucket
                .objects
                .retain(|path, _| !deleted.ends_with(path.as_str()));
            let part = "Content-Type: application/http\r\nContent-ID: 0\r\n\r\nHTTP/1.1 202 Accepted\r\n\r\n";
            answer(
                "202 Accepted",
                "content-type: multipart/mixed; boundary=b\r\n",
                format!("--b\r\n{part}\r\n--b--\r\n"),
            )
        }
        ("POST", _) => {
            let whole = std::mem::take(&mut bucket.parts).into_values().flatten();
            let whole = whole.collect();
            bucket.objects.insert(path.to_owned(), whole);
            xml(
                "<CompleteMultipartUploadResult><ETag>\"whole\"</ETag></CompleteMultipartUploadResult>",
            )
        }
        ("DELETE", query) if query.contains("uploadId=") => {
            bucket.parts.clear();
            bucket.aborted += 1;
            answer("204 No Content", "", "")
        }
        ("DELETE", _) => {
            bucket.objects.remove(path);
            answer("204 No Content", "", "")
        }
        _ => match bucket.objects.get(path) {
            Some(whole) => answer(
                "200 OK",
                "etag: \"whole\"\r\nlast-modified: Sat, 28 Nov 2026 12:00:00 GMT\r\n",
                whole,
            ),
            None => answer("404 Not Found", "", "<Error><Code>NoSuchKey</Code></Error>"),
        },
    }
}

async fn start(kind: &str) -> (Objects, Arc<Mutex<Bucket>>, ScriptedServer) {
    let bucket = Arc::new(Mutex::new(Bucket::default()));
    let shared = Arc::clone(&bucket);
    let server = ScriptedServer::start(move |asked| answers(&shared, asked));
    let server = server.await.unwrap();
    let objects = objects(kind, &server.url(""));
    (objects, bucket, server)
}

fn objects(kind: &str, endpoint: &str) -> Objects {
    let account = json!({"gcs_base_url": endpoint, "disable_oauth": true, "client_email": "", "private_key": "", "private_key_id": ""});
    Objects::new(&ObjectSettings {
        storage_type: kind.into(),
        scheme: "s3".into(),
        s3_endpoint: Some(endpoint.to_owned()),
        s3_bucket: "files".into(),
        s3_access_key: Some("id".into()),
        s3_secret_key: Some(Secret::new("never shown")),
        opendal_s3_endpoint: Some(endpoint.to_owned()),
        opendal_s3_bucket: "files".into(),
        opendal_s3_root: "/dify/".into(),
        opendal_s3_access_key: Some("id".into()),
        opendal_s3_secret_key: Some(Secret::new("never shown")),
        azure_account: "account".into(),
        azure_container: "files".into(),
        azure_key: Some(Secret::new("bmV2ZXIgc2hvd24=")),
        azure_url: Some(format!("{endpoint}/")),
        google_bucket: "files".into(),
        google_account: Some(Secret::new(STANDARD.encode(account.to_string()))),
        ..ObjectSettings::default()
    })
}

/// Each kind of bucket, and where it is asked for the object of the key `upload_files/w/a.txt`.
const KINDS: [(&str, &str); 4] = [
    ("s3", "/files/upload_files/w/a.txt"),
    ("opendal", "/files/dify/upload_files/w/a.txt"),
    ("azure-blob", "/files/upload_files/w/a.txt"),
    ("google-storage", "/files/upload%5Ffiles%2Fw%2Fa%2Etxt"),
];

async fn read(objects: &Objects, key: &str) -> Option<Vec<u8>> {
    let mut reading = objects.open(key).await.unwrap()?;
    let mut all = vec![];
    while let Some(piece) = reading.content.next().await {
        all.extend_from_slice(&piece.unwrap());
    }
    assert_eq!(all.len() as u64, reading.size);
    Some(all)
}

#[tokio::test]
async fn bucket_object_exists_once_written_whole_and_is_gone_once_deleted() {
    let large: Vec<u8> = (0..12_u32 << 20).map(|at| (at % 251) as u8).collect();
    for (kind, place) in KINDS {
        let (objects, bucket, _) = start(kind).await;
        let key = "upload_files/w/a.txt";
        assert_eq!(read(&objects, key).await, None, "{kind}");
        let mut writing = objects.create(key).await.unwrap();
        for piece in large.chunks(1 << 20) {
            writing.write(Bytes::copy_from_slice(piece)).await.unwrap();
        }
        assert_eq!(read(&objects, key).await, None, "{kind}: not whole yet");
        writing.finish().await.unwrap();
        assert!(read(&objects, key).await.unwrap() == large, "{kind}");
        let there = bucket
            .lock()
            .unwrap()
            .objects
            .keys()
            .cloned()
            .collect::<Vec<_>>();
        assert_eq!(there, [place], "{kind}");
        objects.delete(key).await.unwrap();
        objects.delete(key).await.unwrap();
        assert_eq!(read(&objects, key).await, None, "{kind}");
    }
}

#[tokio::test]
async fn bucket_is_asked_with_what_proves_who_asks() {
    for (kind, proof) in [
        ("s3", "AWS4-HMAC-SHA256 Credential=id/"),
        ("opendal", "AWS4-HMAC-SHA256 Credential=id/"),
        ("azure-blob", "SharedKey account:"),
    ] {
        let (objects, _, server) = start(kind).await;
        read(&objects, "upload_files/w/a").await;
        let signed = server.asked()[0]
            .header("authorization")
            .unwrap()
            .to_owned();
        assert!(signed.starts_with(proof), "{kind}: {signed}");
        assert!(!signed.contains("never shown"), "{kind}");
    }
}

/// Parts without an end are kept, and paid for, for ever.
#[tokio::test]
async fn bucket_upload_that_is_given_up_is_aborted() {
    let (objects, bucket, _) = start("s3").await;
    let mut writing = objects.create("upload_files/w/a").await.unwrap();
    writing.write(Bytes::from(vec![0; 9 << 20])).await.unwrap();
    drop(writing);
    // It is aborted beside us; each turn lets that go on.
    for _ in 0..100_000 {
        if bucket.lock().unwrap().aborted == 1 {
            break;
        }
        tokio::task::spawn_blocking(std::thread::yield_now)
            .await
            .unwrap();
    }
    let bucket = bucket.lock().unwrap();
    assert_eq!((bucket.aborted, bucket.objects.len()), (1, 0));
}

#[tokio::test]
async fn bucket_that_does_not_answer_is_unavailable() {
    for (kind, _) in KINDS {
        let objects = objects(kind, "http://127.0.0.1:1");
        let refused = objects.open("upload_files/w/a").await;
        let text = refused.err().unwrap().source.to_string();
        assert!(!text.contains("never shown"), "{kind}: {text}");
    }
}
