//! `RunMirrors`: parts live for two minutes after the last one, and are bounded; words reach whoever listens; neither is believed when it was forged.

use std::cell::RefCell;

use gatewright_domain::{IdGen as _, RandomIds};

use crate::redis::here;

#[tokio::test]
async fn mirror_of_a_run_lives_for_two_minutes_and_keeps_its_last_64_parts() {
    let here = here();
    let (mirrors, mut writer) = (here.ground.run_mirrors(), here.writer().await);
    let run = RandomIds.new_uuid();
    for number in 0..70 {
        mirrors.append(run, &number.to_string()).await.unwrap();
    }
    assert_eq!(writer.ttls("run-mirror").await, [120]);
    let (mut after, mut texts) = (None, vec![]);
    loop {
        let parts = mirrors.read(run, after.as_deref()).await.unwrap();
        let Some(last) = parts.last() else { break };
        after = Some(last.id.clone());
        texts.extend(parts.into_iter().map(|part| part.text));
    }
    let expected: Vec<_> = (6..70).map(|number: i32| number.to_string()).collect();
    assert_eq!(texts, expected);
}

#[tokio::test]
async fn part_that_was_forged_or_moved_is_no_part() {
    let here = here();
    let (mirrors, mut writer) = (here.ground.run_mirrors(), here.writer().await);
    let runs = [RandomIds.new_uuid(), RandomIds.new_uuid()];
    mirrors.append(runs[0], "secret").await.unwrap();
    let key = writer.keys("run-mirror").await.remove(0);
    let stored: Vec<(String, Vec<String>)> = writer.run(&["XRANGE", &key, "-", "+"]).await;
    let sealed = &stored[0].1[1];
    assert!(!sealed.contains("secret"));
    let elsewhere = key.replace(&runs[0].to_string(), &runs[1].to_string());
    for forged in [sealed.as_str(), "secret", "2:9999999999999:00:00"] {
        let _: String = writer.run(&["XADD", &elsewhere, "*", "p", forged]).await;
    }
    let _: i64 = writer.run(&["EXPIRE", &elsewhere, "60"]).await;
    let parts = mirrors.read(runs[1], None).await.unwrap();
    assert_eq!(parts.len(), 3);
    assert!(parts.iter().all(|part| part.text.is_empty()));
}

#[tokio::test]
async fn word_reaches_whoever_listens_and_one_of_somebody_else_does_not() {
    let here = here();
    let (mirrors, mut writer) = (here.ground.run_mirrors(), here.writer().await);
    let heard = RefCell::new(vec![]);
    let listening = mirrors.listen(|word| heard.borrow_mut().push(word));
    let speaking = async {
        let channel = writer.channel("runs");
        // Whoever begins to listen hears the next word.
        while heard.borrow().is_empty() {
            let _: i64 = writer.run(&["PUBLISH", &channel, "forged"]).await;
            mirrors.publish("word").await.unwrap();
        }
    };
    tokio::select! {
        () = listening => {}
        () = speaking => {}
    }
    assert!(
        heard.borrow().iter().all(|word| word == "word"),
        "{heard:?}"
    );
}
