//! Forms, who may answer them, and runs that wait for them.

use chrono::TimeDelta;
use gatewright_storage_runs::{
    form::{self, NewForm, Submission},
    form_recipient::{self, NewDelivery, NewRecipient},
    lease::{self, Claim},
    pause::{self, NewPause, Reason},
    run::{self, Creator},
};
use uuid::Uuid;

use crate::{Ground, id, now};

impl Ground {
    /// A form of a run that is there, which waits for an hour.
    fn form(&self, form: Uuid, run: Uuid) -> NewForm<'static> {
        NewForm {
            id: form,
            tenant_id: self.tenant,
            app_id: self.app,
            run_id: run,
            conversation_id: None,
            node_id: "ask",
            definition: r#"{"execution": 2}"#.to_owned(),
            rendered_content: "Well?",
            expiration_time: now() + TimeDelta::hours(1),
            created_at: now(),
        }
    }

    async fn waiting(&self) -> (Uuid, Uuid) {
        let (run, form) = (id(), id());
        let mut conn = self.conn().await;
        run::insert(&mut conn, &[self.run(run)]).await.unwrap();
        let row = self.form(form, run);
        let new = form::insert(&mut conn, std::slice::from_ref(&row)).await;
        assert_eq!(new.unwrap(), [form]);
        // Twice is once, and says so: what belongs to a form is written with it.
        let again = form::insert(&mut conn, &[row]).await.unwrap();
        assert!(again.is_empty());
        (run, form)
    }
}

fn answer(form: Uuid) -> Submission<'static> {
    Submission {
        form_id: form,
        action: "yes",
        data: "{}",
        recipient_id: id(),
        by: Some(Creator::EndUser(id())),
        at: now() + TimeDelta::minutes(5),
        made_after: now() - TimeDelta::days(7),
    }
}

#[tokio::test]
async fn form_is_found_by_its_digest_with_the_recipient_and_whether_its_run_is_over() {
    let ground = Ground::new().await;
    let mut conn = ground.conn().await;
    let (run, form) = ground.waiting().await;
    let (delivery, recipient) = (id(), id());
    let row = NewDelivery {
        id: delivery,
        form_id: form,
        method: "webapp",
        config_id: None,
        payload: "{}".to_owned(),
        created_at: now(),
    };
    form_recipient::insert_deliveries(&mut conn, &[row])
        .await
        .unwrap();
    let row = NewRecipient {
        id: recipient,
        form_id: form,
        delivery_id: delivery,
        kind: "standalone_web_app",
        payload: "{}".to_owned(),
        digest: "digest".to_owned(),
        created_at: now(),
    };
    form_recipient::insert(&mut conn, &[row]).await.unwrap();
    let found = form::find_by_token(&mut conn, "digest")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (
            found.id,
            found.run_id,
            found.recipient_id,
            found.is_run_over
        ),
        (form, Some(run), recipient, false)
    );
    assert_eq!(form::find_by_token(&mut conn, "other").await.unwrap(), None);
    let listed = form_recipient::list_of_run(&mut conn, run).await.unwrap();
    assert_eq!((listed.len(), listed[0].id), (1, recipient));
    ground
        .db
        .execute("UPDATE workflow_runs SET status = 'stopped'")
        .await;
    let found = form::find_by_token(&mut conn, "digest")
        .await
        .unwrap()
        .unwrap();
    assert!(found.is_run_over);
}

#[tokio::test]
async fn form_is_answered_once_and_in_time_only() {
    let ground = Ground::new().await;
    let mut conn = ground.conn().await;
    let (run, form) = ground.waiting().await;
    let late = Submission {
        at: now() + TimeDelta::hours(1),
        ..answer(form)
    };
    assert!(!form::submit(&mut conn, &late).await.unwrap());
    let too_old = Submission {
        made_after: now(),
        ..answer(form)
    };
    assert!(!form::submit(&mut conn, &too_old).await.unwrap());
    assert!(
        form::list_answered(&mut conn, &[run])
            .await
            .unwrap()
            .is_empty()
    );
    assert!(form::submit(&mut conn, &answer(form)).await.unwrap());
    assert!(!form::submit(&mut conn, &answer(form)).await.unwrap());
    assert!(form::is_submitted(&mut conn, form).await.unwrap());
    let answered = form::list_answered(&mut conn, &[run, id()]).await.unwrap();
    assert_eq!(
        (
            answered.len(),
            answered[0].form_id,
            answered[0].action.as_deref()
        ),
        (1, form, Some("yes"))
    );
}

#[tokio::test]
async fn form_whose_time_is_over_is_due_and_ends_once_as_timed_out_or_expired() {
    let ground = Ground::new().await;
    let mut conn = ground.conn().await;
    let (_, form) = ground.waiting().await;
    let week_before = now() - TimeDelta::days(7);
    let due = form::list_due(&mut conn, now(), week_before, 10)
        .await
        .unwrap();
    assert!(due.is_empty());
    let later = now() + TimeDelta::hours(1);
    let due = form::list_due(&mut conn, later, week_before, 10)
        .await
        .unwrap();
    assert_eq!(
        due.iter().map(|due| due.form_id).collect::<Vec<_>>(),
        [form]
    );
    assert!(
        !form::end(&mut conn, form, now(), week_before)
            .await
            .unwrap()
    );
    assert!(
        form::end(&mut conn, form, later, week_before)
            .await
            .unwrap()
    );
    assert!(
        !form::end(&mut conn, form, later, week_before)
            .await
            .unwrap()
    );
    let (_, old) = ground.waiting().await;
    assert!(form::end(&mut conn, old, now(), now()).await.unwrap());
    let rows = ground
        .db
        .query("SELECT status FROM human_input_forms ORDER BY status")
        .await;
    assert_eq!(rows, ["expired", "timeout"]);
}

#[tokio::test]
async fn pause_of_a_run_is_one_row_with_the_reasons_of_the_last_time() {
    let ground = Ground::new().await;
    let mut conn = ground.conn().await;
    let run = id();
    for form in ["first", "second"] {
        let pause = NewPause {
            id: id(),
            run_id: run,
            workflow_id: ground.workflow,
            at: now(),
        };
        let reason = Reason {
            run_id: run,
            form_id: form,
            node_id: "ask",
        };
        pause::upsert(&mut conn, &[pause], &[reason]).await.unwrap();
        pause::resume(&mut conn, &[run], now()).await.unwrap();
    }
    let rows = "SELECT (p.resumed_at IS NOT NULL) || ' ' || r.form_id FROM workflow_pauses p JOIN workflow_pause_reasons r ON r.pause_id = p.id";
    assert_eq!(ground.db.query(rows).await, ["true second"]);
}

#[tokio::test]
async fn run_that_waits_has_no_owner_and_is_taken_by_one_with_the_next_epoch() {
    let ground = Ground::new().await;
    let mut conn = ground.conn().await;
    let (run, owner, other) = (id(), id(), id());
    lease::insert(&mut conn, &[run], owner, 60.0).await.unwrap();
    assert_eq!(
        lease::take_waiting(&mut conn, run, other, 60.0)
            .await
            .unwrap(),
        None
    );
    lease::release(&mut conn, &[run]).await.unwrap();
    assert!(
        lease::renew(&mut conn, owner, &[run], 60.0)
            .await
            .unwrap()
            .is_empty()
    );
    assert!(
        lease::claim(&mut conn, Claim::Lapsed, other, 60.0, 9)
            .await
            .unwrap()
            .is_empty()
    );
    let taken = lease::take_waiting(&mut conn, run, other, 60.0)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((taken.epoch, taken.owner), (2, Some(other)));
    assert_eq!(
        lease::take_waiting(&mut conn, run, owner, 60.0)
            .await
            .unwrap(),
        None
    );
    lease::give_back_run(&mut conn, run, 1).await.unwrap();
    assert!(
        lease::claim(&mut conn, Claim::Lapsed, owner, 60.0, 9)
            .await
            .unwrap()
            .is_empty()
    );
    lease::give_back_run(&mut conn, run, 2).await.unwrap();
    assert_eq!(
        lease::claim(&mut conn, Claim::Lapsed, owner, 60.0, 9)
            .await
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn run_that_is_offered_is_claimed_if_it_waits_and_its_owner_is_told_if_it_does_not() {
    let ground = Ground::new().await;
    let mut conn = ground.conn().await;
    let (waiting, running, owner) = (id(), id(), id());
    lease::insert(&mut conn, &[waiting, running], owner, 60.0)
        .await
        .unwrap();
    lease::release(&mut conn, &[waiting]).await.unwrap();
    for run in [waiting, running] {
        assert!(lease::offer(&mut conn, run).await.unwrap());
    }
    assert!(!lease::offer(&mut conn, id()).await.unwrap());
    let claimed = lease::claim(&mut conn, Claim::Lapsed, id(), 60.0, 9)
        .await
        .unwrap();
    assert_eq!(
        claimed.iter().map(|one| one.run_id).collect::<Vec<_>>(),
        [waiting]
    );
    let kept = lease::renew(&mut conn, owner, &[running], 60.0)
        .await
        .unwrap();
    assert!(kept.len() == 1 && kept[0].run_id == running && kept[0].is_woken());
    lease::clear_wake(&mut conn, &[running]).await.unwrap();
    let kept = lease::renew(&mut conn, owner, &[running], 60.0)
        .await
        .unwrap();
    assert!(!kept[0].is_woken());
    lease::release(&mut conn, &[running]).await.unwrap();
    lease::adopt(&mut conn, &[running], owner, 60.0)
        .await
        .unwrap();
    let owners = lease::list_owners(&mut conn, &[running]).await.unwrap();
    assert_eq!(owners, [(running, Some(owner))]);
}
