//! Redis with TLS, with sentinels, as a cluster: the whole contract over each, and what becomes of it
//! when the master goes away. Each kind is started once.

use gatewright_kv::RedisSettings;

use super::{
    certificates::Certificates,
    contract::Ground,
    listener::Listener,
    servers::{Server, any_binary, ask, binary_with_tls, free_port, wait_until},
};

#[tokio::test]
async fn c3_redis_with_tls_a_ca_of_its_own_and_client_certificates() {
    let certificates = Certificates::new();
    let port = free_port();
    let [ca, cert, key] =
        ["ca.pem", "server.pem", "server.key"].map(|name| certificates.path(name));
    let port_text = port.to_string();
    let server = Server::spawn(
        &binary_with_tls(),
        port,
        &[
            "--port",
            "0",
            "--tls-port",
            &port_text,
            "--tls-ca-cert-file",
            &ca,
            "--tls-cert-file",
            &cert,
            "--tls-key-file",
            &key,
            "--tls-auth-clients",
            "yes",
            "--requirepass",
            "secret",
        ],
        &[],
    );
    let settings = RedisSettings {
        host: "127.0.0.1".into(),
        port,
        password: "secret".to_owned().into(),
        use_ssl: true,
        ssl_ca_certs: Some(ca.into()),
        ssl_certfile: Some(certificates.path("client.pem").into()),
        ssl_keyfile: Some(certificates.path("client.key").into()),
        ..RedisSettings::default()
    };
    let ground = Ground::new(&settings);
    wait_until(&format!("it starts: {}", server.log()), async || {
        ground.kv.ping().await.is_ok()
    })
    .await;
    ground.check_all().await;
    Listener::new(&settings).subscriber(&ground).await;
    let url = RedisSettings {
        url: Some(format!("rediss://:secret@127.0.0.1:{port}/0").into()),
        ..settings.clone()
    };
    Ground::new(&url).kv.ping().await.unwrap();
    let unchecked = RedisSettings {
        ssl_cert_reqs: "CERT_NONE".into(),
        ssl_ca_certs: None,
        ..settings.clone()
    };
    Ground::new(&unchecked).kv.ping().await.unwrap();
    // A name that the certificate is not made out to; a CA that we do not know; no certificate of ours.
    let refused = [
        RedisSettings {
            host: "localhost".into(),
            ..settings.clone()
        },
        RedisSettings {
            ssl_ca_certs: None,
            ..settings.clone()
        },
        RedisSettings {
            ssl_certfile: None,
            ssl_keyfile: None,
            ..settings.clone()
        },
        RedisSettings {
            use_ssl: false,
            ..settings
        },
    ];
    for settings in refused {
        Ground::new(&settings).kv.ping().await.expect_err("refused");
    }
}

fn sentinel_conf(port: u16, master: u16) -> String {
    format!(
        "bind 127.0.0.1\nport {port}\nrequirepass watch\nsentinel sentinel-pass watch\n\
         sentinel monitor mymaster 127.0.0.1 {master} 2\nsentinel auth-pass mymaster secret\n\
         sentinel down-after-milliseconds mymaster 500\nsentinel failover-timeout mymaster 3000\n"
    )
}

#[tokio::test]
async fn c3_redis_with_three_sentinels_and_a_failover() {
    let binary = any_binary();
    let secret = [
        "--requirepass",
        "secret",
        "--masterauth",
        "secret",
        "--repl-diskless-sync-delay",
        "0",
    ];
    let mut master = Server::spawn(&binary, free_port(), &secret, &[]);
    let follows = format!("127.0.0.1 {}", master.port);
    let replica = Server::spawn(
        &binary,
        free_port(),
        &[&secret[..], &["--replicaof", &follows]].concat(),
        &[],
    );
    let sentinels: Vec<Server> = (0..3)
        .map(|_| {
            let port = free_port();
            let conf = sentinel_conf(port, master.port);
            Server::spawn(
                &binary,
                port,
                &["sentinel.conf"],
                &[("sentinel.conf", &conf)],
            )
        })
        .collect();
    let settings = RedisSettings {
        use_sentinel: true,
        // The first one is gone: the others are asked.
        sentinels: [free_port()]
            .into_iter()
            .chain(sentinels.iter().map(|sentinel| sentinel.port))
            .map(|port| format!("127.0.0.1:{port}"))
            .collect(),
        sentinel_service_name: Some("mymaster".into()),
        sentinel_password: "watch".to_owned().into(),
        password: "secret".to_owned().into(),
        db: 2,
        ..RedisSettings::default()
    };
    for sentinel in &sentinels {
        let url = format!("redis://:watch@127.0.0.1:{}", sentinel.port);
        wait_until(
            "the sentinels know each other and the replica",
            async || {
                let known: redis::RedisResult<std::collections::HashMap<String, String>> =
                    ask(&url, &["SENTINEL", "MASTER", "mymaster"]).await;
                known.is_ok_and(|known| {
                    let is =
                        |name: &str, wanted: &str| known.get(name).is_some_and(|n| n == wanted);
                    is("num-other-sentinels", "2") && is("num-slaves", "1")
                })
            },
        )
        .await;
    }
    let ground = Ground::new(&settings);
    ground.check_all().await;
    let mut listener = Listener::new(&settings);
    listener.subscriber(&ground).await;
    master.kill();
    wait_until("the replica is the master and is found", async || {
        ground.kv.ping().await.is_ok()
    })
    .await;
    let role: Vec<redis::Value> = ask(
        &format!("redis://:secret@127.0.0.1:{}", replica.port),
        &["ROLE"],
    )
    .await
    .unwrap();
    assert_eq!(role[0], redis::Value::BulkString(b"master".into()));
    ground.check_all().await;
    listener.subscriber(&ground).await;
}

/// Six nodes, of which the first three are masters with a third of the slots each.
async fn cluster() -> Vec<Server> {
    let binary = any_binary();
    let nodes: Vec<Server> = (0..6)
        .map(|_| {
            let bus = free_port().to_string();
            let arguments = [
                "--cluster-enabled",
                "yes",
                "--cluster-node-timeout",
                "1500",
                "--cluster-port",
                &bus,
                "--repl-diskless-sync-delay",
                "0",
                "--cluster-replica-validity-factor",
                "0",
            ];
            let node = Server::spawn(&binary, free_port(), &arguments, &[]);
            std::fs::write(node.folder_path().join("bus"), &bus).unwrap();
            node
        })
        .collect();
    for node in &nodes {
        node.wait_for(&redis::Client::open(node.url()).unwrap())
            .await;
    }
    for (node, (first, last)) in
        nodes
            .iter()
            .zip([("0", "5461"), ("5462", "10922"), ("10923", "16383")])
    {
        let () = node
            .ask(&["CLUSTER", "ADDSLOTSRANGE", first, last])
            .await
            .unwrap();
    }
    for node in &nodes[1..] {
        let bus = std::fs::read_to_string(node.folder_path().join("bus")).unwrap();
        let port = node.port.to_string();
        let () = nodes[0]
            .ask(&["CLUSTER", "MEET", "127.0.0.1", &port, &bus])
            .await
            .unwrap();
    }
    let settled = async |wanted: &str| {
        for node in &nodes {
            wait_until(wanted, async || {
                let info: String = node.ask(&["CLUSTER", "INFO"]).await.unwrap();
                info.contains(wanted) && info.contains("cluster_state:ok")
            })
            .await;
        }
    };
    settled("cluster_known_nodes:6").await;
    for (master, replica) in nodes.iter().zip(&nodes[3..]) {
        let id: String = master.ask(&["CLUSTER", "MYID"]).await.unwrap();
        let () = replica.ask(&["CLUSTER", "REPLICATE", &id]).await.unwrap();
        wait_until("it replicates", async || {
            let info: String = replica.ask(&["INFO", "replication"]).await.unwrap();
            info.contains("master_link_status:up")
        })
        .await;
    }
    nodes
}

/// Gives a slot without keys to another master.
async fn move_slot(slot: &str, from: &Server, to: &Server) {
    let _: () = from.ask(&["FLUSHALL"]).await.unwrap();
    let from_id: String = from.ask(&["CLUSTER", "MYID"]).await.unwrap();
    let to_id: String = to.ask(&["CLUSTER", "MYID"]).await.unwrap();
    let importing = ["CLUSTER", "SETSLOT", slot, "IMPORTING", &from_id];
    let () = to.ask(&importing).await.unwrap();
    for node in [to, from] {
        let () = node
            .ask(&["CLUSTER", "SETSLOT", slot, "NODE", &to_id])
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn c3_sec_168_redis_cluster_of_six_nodes_moved_slots_and_a_failover() {
    let mut nodes = cluster().await;
    let settings = RedisSettings {
        use_clusters: true,
        clusters: nodes
            .iter()
            .map(|node| format!("127.0.0.1:{}", node.port))
            .collect(),
        ..RedisSettings::default()
    };
    let ground = Ground::new(&settings);
    ground.check_all().await;
    let mut listener = Listener::new(&settings);
    listener.subscriber(&ground).await;
    // Slots that were moved since the connection was made: those of one-time grants and nonces.
    for tag in ["grants", "nonces"] {
        let slot: usize = nodes[0].ask(&["CLUSTER", "KEYSLOT", tag]).await.unwrap();
        let from = slot / 5462;
        move_slot(&slot.to_string(), &nodes[from], &nodes[(from + 1) % 3]).await;
    }
    ground.check_all().await;
    nodes[0].kill();
    wait_until("the replica has taken over", async || {
        let info: String = nodes[3].ask(&["INFO", "replication"]).await.unwrap();
        info.contains("role:master")
    })
    .await;
    for node in &nodes[1..] {
        wait_until("everybody knows", async || {
            let info: String = node.ask(&["CLUSTER", "INFO"]).await.unwrap();
            info.contains("cluster_state:ok") && info.contains("cluster_slots_fail:0")
        })
        .await;
    }
    wait_until("every part answers", async || {
        ground.kv.ping().await.is_ok()
    })
    .await;
    ground.check_all().await;
    listener.subscriber(&ground).await;
}
