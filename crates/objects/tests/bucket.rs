//! A bucket, as a server on loopback that speaks as much of S3 as is asked of it: uploads in parts, reading, deleting.
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

use bytes::Bytes;
use futures_util::StreamExt as _;
use gatewright_domain::Secret;
use gatewright_objects::{ObjectSettings, Objects};
use gatewright_test_support::scripted_server::{Asked, ScriptedServer, Step, answer};

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
        ("PUT", query) if query.contains("partNumber=") => {
            bucket.parts.insert(query.to_owned(), asked.body.clone());
            answer("200 OK", "etag: \"part\"\r\n", "")
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

async fn start() -> (Objects, Arc<Mutex<Bucket>>, ScriptedServer) {
    let bucket = Arc::new(Mutex::new(Bucket::default()));
    let shared = Arc::clone(&bucket);
    let server = ScriptedServer::start(move |asked| answers(&shared, asked));
    let server = server.await.unwrap();
    let objects = objects(&server.url(""));
    (objects, bucket, server)
}

fn objects(endpoint: &str) -> Objects {
    Objects::new(&ObjectSettings {
        storage_type: "s3".into(),
        s3_endpoint: Some(endpoint.to_owned()),
        s3_bucket: "files".into(),
        s3_access_key: Some("id".into()),
        s3_secret_key: Some(Secret::new("never shown")),
        ..ObjectSettings::default()
    })
}

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
    let (objects, bucket, server) = start().await;
    let key = "upload_files/w/a.txt";
    assert_eq!(read(&objects, key).await, None);
    let mut writing = objects.create(key).await.unwrap();
    let large: Vec<u8> = (0..12_u32 << 20).map(|at| (at % 251) as u8).collect();
    for piece in large.chunks(1 << 20) {
        writing.write(Bytes::copy_from_slice(piece)).await.unwrap();
    }
    assert_eq!(read(&objects, key).await, None, "not whole yet");
    writing.finish().await.unwrap();
    assert!(read(&objects, key).await.unwrap() == large);
    assert!(
        bucket
            .lock()
            .unwrap()
            .objects
            .contains_key("/files/upload_files/w/a.txt")
    );
    let signed = server.asked()[0]
        .header("authorization")
        .unwrap()
        .to_owned();
    assert!(
        signed.starts_with("AWS4-HMAC-SHA256 Credential=id/"),
        "{signed}"
    );
    objects.delete(key).await.unwrap();
    objects.delete(key).await.unwrap();
    assert_eq!(read(&objects, key).await, None);
}

/// Parts without an end are kept, and paid for, for ever.
#[tokio::test]
async fn bucket_upload_that_is_given_up_is_aborted() {
    let (objects, bucket, _) = start().await;
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
    let objects = objects("http://127.0.0.1:1");
    let refused = objects.open("upload_files/w/a").await;
    let text = refused.err().unwrap().source.to_string();
    assert!(!text.contains("never shown"), "{text}");
}
