//! Files in a bucket of a server that we did not write: up in parts, down in pieces, gone with their rows; and 503 without it.

use std::{
    path::Path,
    process::{Child, Command, Stdio},
};

use crate::{
    keeping::World,
    support::{
        Answer,
        files::{local, part},
        process::{free_port, wait_until},
    },
};

/// What the server takes as id and as secret.
const KEY: &str = "S3RVER";

/// A server that speaks S3, with a bucket.
struct Server {
    child: Child,
    folder: tempfile::TempDir,
    url: String,
}

impl Server {
    async fn start() -> Self {
        let clients =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("clients/node_modules/.bin/s3rver");
        let folder = tempfile::tempdir().unwrap();
        let port = free_port();
        let child = Command::new(clients)
            .args([
                "--silent",
                "--address",
                "127.0.0.1",
                "--port",
                &port.to_string(),
            ])
            .args(["--configure-bucket", "files", "--directory"])
            .arg(folder.path())
            .stdin(Stdio::null())
            .spawn()
            .expect("the foreign clients are installed: cargo xtask test e2e");
        wait_until("the bucket is there", async || {
            std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()
        })
        .await;
        Self {
            child,
            folder,
            url: format!("http://127.0.0.1:{port}"),
        }
    }

    /// How many objects there are whose key begins so.
    fn objects(&self, prefix: &str) -> usize {
        fn count(folder: &Path) -> usize {
            let Ok(entries) = std::fs::read_dir(folder) else {
                return 0;
            };
            let paths = entries.map(|entry| entry.unwrap().path());
            let counts = paths.map(|path| {
                let is_object = path.to_string_lossy().ends_with("._S3rver_object");
                if path.is_dir() {
                    count(&path)
                } else {
                    usize::from(is_object)
                }
            });
            counts.sum()
        }
        count(&self.folder.path().join("files").join(prefix))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}

async fn upload(world: &World, content: &[u8]) -> Answer {
    let parts = [
        part("user", None, b"ada"),
        part("file", Some("文件.txt"), content),
    ];
    let request = world.h.request("POST", "/v1/files/upload");
    let request = request
        .bearer_auth(&world.key)
        .header("content-type", "multipart/form-data; boundary=edge")
        .body([parts.concat(), b"--edge--\r\n".to_vec()].concat());
    Answer::read(request.send().await.unwrap()).await
}

#[actix_web::test]
async fn files_are_kept_in_a_bucket_of_a_real_server_by_both_kinds_of_names() {
    let server = Server::start().await;
    let by_dify = [
        ("STORAGE_TYPE", "s3"),
        ("S3_ENDPOINT", server.url.as_str()),
        ("S3_BUCKET_NAME", "files"),
        ("S3_ACCESS_KEY", KEY),
        ("S3_SECRET_KEY", KEY),
    ];
    let by_opendal = [
        ("OPENDAL_SCHEME", "s3"),
        ("OPENDAL_S3_ENDPOINT", server.url.as_str()),
        ("OPENDAL_S3_BUCKET", "files"),
        ("OPENDAL_S3_ROOT", "/below"),
        ("OPENDAL_S3_ACCESS_KEY_ID", KEY),
        ("OPENDAL_S3_SECRET_ACCESS_KEY", KEY),
    ];
    // More than two parts.
    let content: String = ('a'..='z').cycle().take(11 << 20).collect();
    for (settings, prefix) in [
        (&by_dify[..], "upload_files"),
        (&by_opendal, "below/upload_files"),
    ] {
        let world = World::new(settings).await;
        let file = upload(&world, content.as_bytes()).await.expect(201).json();
        assert_eq!(server.objects(prefix), 1, "{prefix}");
        let fetched = world.h.get(&local(&file["source_url"])).await.expect(200);
        assert!(fetched.body == content, "{prefix}");
        let refused = upload(&world, &vec![b'x'; (15 << 20) + 1]).await;
        refused.expect(413);
        assert_eq!(
            server.objects(prefix),
            1,
            "{prefix}: nothing half-written stays"
        );
        let purge = gatewright_usecase_maintenance::Purge::Files;
        world.h.clock.advance(chrono::TimeDelta::days(31));
        let now = world.h.now();
        assert_eq!(world.h.cleaner().purge(purge, now).await.unwrap(), 1);
        world.h.work().await;
        assert_eq!(server.objects(prefix), 0, "{prefix}");
    }
    let world = World::new(&by_dify).await;
    drop(server);
    upload(&world, b"x").await.expect(503);
    assert_eq!(world.count("upload_files").await, 0);
}
