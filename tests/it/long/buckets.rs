//! Buckets of real servers: Azurite, fake-gcs-server, a store in one's own network, or an account at the vendor itself. Each is a file of
//! settings (`NAME=value`, a line each).

use std::collections::HashMap;

use bytes::Bytes;
use futures_util::StreamExt as _;
use gatewright_domain::{
    IdGen as _, RandomIds,
    settings::{Settings as _, Source},
};
use gatewright_objects::{ObjectSettings, Objects};

use super::programs;

async fn read(objects: &Objects, key: &str) -> Option<Vec<u8>> {
    let mut reading = objects.open(key).await.unwrap()?;
    let mut all = vec![];
    while let Some(piece) = reading.content.next().await {
        all.extend_from_slice(&piece.unwrap());
    }
    Some(all)
}

#[tokio::test]
async fn bucket_of_a_real_server_takes_a_file_in_parts_gives_it_back_and_loses_it() {
    let large: Vec<u8> = (0..12_u32 << 20).map(|at| (at % 251) as u8).collect();
    for file in programs("GATEWRIGHT_BUCKETS") {
        let text = std::fs::read_to_string(&file).unwrap();
        let lines = text.lines().filter_map(|line| line.split_once('='));
        let settings: HashMap<&str, &str> = lines.collect();
        let source = |name: &str| settings.get(name).map(|value| (*value).to_owned());
        let settings = ObjectSettings::load(&source as &dyn Source).unwrap();
        let objects = Objects::new(&settings);
        let key = format!("upload_files/{}/文件.txt", RandomIds.new_uuid());
        assert_eq!(read(&objects, &key).await, None, "{}", file.display());
        for content in [&b"few"[..], &large] {
            let mut writing = objects.create(&key).await.unwrap();
            for piece in content.chunks(1 << 20) {
                writing.write(Bytes::copy_from_slice(piece)).await.unwrap();
            }
            writing.finish().await.unwrap();
            assert!(read(&objects, &key).await.unwrap() == content);
        }
        objects.delete(&key).await.unwrap();
        objects.delete(&key).await.unwrap();
        assert_eq!(read(&objects, &key).await, None, "{}", file.display());
    }
}
