//! The Redis of the tests, and somebody who looks into it past the stores.

use gatewright_kv::RedisSettings;
use gatewright_test_db::TestRedis;

use crate::checks::Ground;

/// A prefix of the test's own.
pub(crate) struct Here {
    pub(crate) ground: Ground,
    redis: TestRedis,
}

pub(crate) fn here() -> Here {
    let redis = TestRedis::new();
    let ground = Ground::new(&RedisSettings {
        url: Some(redis.url.clone().into()),
        key_prefix: redis.key_prefix.clone(),
        ..RedisSettings::default()
    });
    Here { ground, redis }
}

impl Here {
    /// Whoever can write to Redis.
    pub(crate) async fn writer(&self) -> Writer {
        let client = ::redis::Client::open(self.redis.url.as_str()).unwrap();
        Writer {
            connection: client.get_multiplexed_async_connection().await.unwrap(),
            prefix: self.redis.key_prefix.clone(),
        }
    }
}

pub(crate) struct Writer {
    connection: ::redis::aio::MultiplexedConnection,
    prefix: String,
}

impl Writer {
    pub(crate) async fn run<T: ::redis::FromRedisValue>(&mut self, command: &[&str]) -> T {
        let mut words = command.iter();
        let mut all = ::redis::cmd(words.next().unwrap());
        words.for_each(|word| {
            all.arg(word);
        });
        all.query_async(&mut self.connection).await.unwrap()
    }

    /// The keys of a family, in their order.
    pub(crate) async fn keys(&mut self, family: &str) -> Vec<String> {
        let pattern = format!("{}:gw:{family}:*", self.prefix);
        let mut keys: Vec<String> = self.run(&["KEYS", &pattern]).await;
        keys.sort();
        keys
    }

    /// A channel as the stores name it.
    pub(crate) fn channel(&self, name: &str) -> String {
        format!("{}:gw:{name}", self.prefix)
    }

    pub(crate) async fn get(&mut self, key: &str) -> String {
        self.run(&["GET", key]).await
    }

    pub(crate) async fn put(&mut self, key: &str, value: &str) {
        let _: () = self.run(&["SET", key, value, "EX", "600"]).await;
    }

    /// How long each key of a family lives, in whole seconds: what has passed since it was written is less than
    /// half of one, or the machine is too slow to say.
    pub(crate) async fn ttls(&mut self, family: &str) -> Vec<i64> {
        let mut ttls = vec![];
        for key in self.keys(family).await {
            let millis: i64 = self.run(&["PTTL", &key]).await;
            assert!(millis > 0, "{key} would stay for ever: {millis}");
            ttls.push((millis + 500) / 1000);
        }
        ttls
    }
}
