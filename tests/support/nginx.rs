//! nginx before two nodes, as `docker/nginx/nodes.conf.template` has it.

use std::{
    path::Path,
    process::{Child, Command, Stdio},
};

use super::process::{free_port, wait_until};

const TEMPLATE: &str = include_str!("../../docker/nginx/nodes.conf.template");

/// The proxy; it ends with its value.
pub struct Nginx {
    pub url: String,
    child: Child,
    _folder: tempfile::TempDir,
}

/// A configuration that keeps everything in one folder, and tells in `X-Upstream` which node answered.
fn configuration(folder: &Path, port: u16, nodes: [&str; 2]) -> String {
    let folder = folder.display();
    let kept = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("{kind}_temp_path {folder}/{kind};\n"))
        .concat();
    let site = TEMPLATE
        .replace("${LISTEN}", &format!("127.0.0.1:{port}"))
        .replace("${API_NODE_1}", nodes[0])
        .replace("${API_NODE_2}", nodes[1]);
    format!(
        "daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/errors;\nevents {{}}\n\
         http {{\naccess_log off;\n{kept}add_header X-Upstream $upstream_addr always;\n{site}}}\n"
    )
}

/// The machine's nginx.
fn program() -> &'static str {
    let usual = "/usr/sbin/nginx";
    if Path::new(usual).exists() {
        usual
    } else {
        "nginx"
    }
}

impl Nginx {
    /// Before these nodes, each a host with a port.
    pub async fn before(nodes: [&str; 2]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Its worker is somebody else where it is started by root.
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(folder.path(), mode).unwrap();
        let port = free_port();
        let file = folder.path().join("nginx.conf");
        std::fs::write(&file, configuration(folder.path(), port, nodes)).unwrap();
        let child = Command::new(program())
            .args(["-e", "stderr", "-p"])
            .arg(folder.path())
            .arg("-c")
            .arg(&file)
            .stdin(Stdio::null())
            .spawn()
            .expect("nginx is installed (apt-get install nginx-light)");
        let url = format!("http://127.0.0.1:{port}");
        let http = crate::support::client().build().unwrap();
        wait_until("the proxy answers", async || {
            let answer = http.get(format!("{url}/livez")).send().await;
            answer.is_ok_and(|answer| answer.status() == 200)
        })
        .await;
        Self {
            url,
            child,
            _folder: folder,
        }
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // Its main process takes its worker along.
        super::process::signal(self.child.id(), "TERM");
        let _gone = self.child.wait();
    }
}
