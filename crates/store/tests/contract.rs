//! The contract of the journal's store, on SQLite and on PostgreSQL alike: what is appended lasts and is found, nothing else can
//! be written, and whoever goes around the database's own refusals is found out.

mod journalled;

use journalled::{Bench, around, at, key, proposed};
use sqlx::Executor;
use trueup_base::date::{Date, parse_date};
use trueup_base::exact::Exact;
use trueup_base::id::PartnerId;
use trueup_base::money::Currency;
use trueup_books::{Account, Batch, BatchKind, Booked, Key, Posting, Target, converge};
use trueup_journal::{
    Checkpoint, Custody, Found, Organisation, Ring, Signatures, added, proof, ring, rotated,
};
use trueup_store::{Database, Page, Step, StoreFault, among, batch_of};

#[tokio::test]
async fn what_is_appended_is_there_again_and_everything_holds() {
    for bench in Bench::both().await {
        bench.opened(20).await;
        assert!(bench.found().await.is_empty(), "{}", bench.name);
        let rows = bench
            .database
            .acts(Page { from: 3, most: 2 })
            .await
            .expect("read");
        assert_eq!(rows.iter().map(|row| row.seq).collect::<Vec<_>>(), [3, 4]);
        let (of_kind, size) = bench
            .database
            .acts_of(&["agreement.proposed"])
            .await
            .expect("read");
        assert_eq!(size, 20);
        assert_eq!(of_kind.len(), 19);
        let latest = bench.database.latest_of("agreement.proposed").await;
        let latest = latest.expect("read");
        assert_eq!(latest.as_ref(), of_kind.last(), "{}", bench.name);
        let none = bench.database.latest_of("payout.ordered").await;
        assert!(none.expect("read").is_none());
        let latest = bench
            .database
            .checkpoint()
            .await
            .expect("read")
            .expect("a checkpoint");
        assert_eq!(latest.size(), 20);
        latest
            .signed_by(bench.vendor.public())
            .expect("the vendor's");
        assert_eq!(
            bench.database.own_check().await.expect("asked"),
            None,
            "{}",
            bench.name
        );
    }
}

#[tokio::test]
async fn both_databases_come_to_the_same_bytes() {
    let mut notes = Vec::new();
    for bench in Bench::both().await {
        bench.opened(9).await;
        let rows = bench
            .database
            .acts(Page { from: 0, most: 100 })
            .await
            .expect("read");
        let latest = bench
            .database
            .checkpoint()
            .await
            .expect("read")
            .expect("a checkpoint");
        notes.push((rows, latest));
    }
    assert_eq!(notes[0], notes[1]);
}

#[tokio::test]
async fn every_act_is_proved_and_every_journal_begins_with_its_past() {
    for bench in Bench::both().await {
        let mut past = Vec::new();
        bench.opened(1).await;
        for _ in 1..18 {
            past.push(bench.propose().await.checkpoint);
        }
        let latest = past.last().expect("some").clone();
        for at in 0..18 {
            let (act, proof) = bench.database.prove(at).await.expect("proved");
            proof.holds_for(act.leaf()).expect("it holds");
        }
        for earlier in &past {
            let hashes = bench
                .database
                .consistency(earlier.size(), latest.size())
                .await
                .expect("shown");
            let (old, new) = (
                (earlier.size(), earlier.root()),
                (latest.size(), latest.root()),
            );
            proof::is_consistent(old, new, &hashes).expect("it holds");
        }
        assert!(matches!(
            bench.database.prove(18).await,
            Err(StoreFault::Proof(_))
        ));
    }
}

#[tokio::test]
async fn the_database_refuses_to_change_or_remove_whoever_asks() {
    for bench in Bench::both().await {
        bench.opened(3).await;
        let pool = around(&bench.url).await;
        let refused = [
            "update acts set note = 'other' where seq = 1",
            "update acts set who = 'eve'",
            "delete from acts where seq = 2",
            "delete from acts",
            "update checkpoints set note = 'other'",
            "delete from checkpoints",
            "insert into acts values (5, 'a', 'b', 'c', 'd', 'e', 'f')",
            "insert into acts values (2, 'a', 'b', 'c', 'd', 'e', 'f')",
            "insert into checkpoints values (2, 'a')",
        ];
        let own: &[&str] = match bench.name {
            "SQLite" => &[
                "insert or replace into acts values (2, 'a', 'b', 'c', 'd', 'e', 'f')",
                "replace into acts values (0, 'a', 'b', 'c', 'd', 'e', 'f')",
                "insert into acts values (2, 'a', 'b', 'c', 'd', 'e', 'f') on conflict do update set note = 'x'",
            ],
            _ => &[
                "truncate acts",
                "truncate checkpoints",
                "insert into acts values (2, 'a', 'b', 'c', 'd', 'e', 'f') on conflict (seq) do update set note = 'x'",
            ],
        };
        for sql in refused.iter().chain(own) {
            let done = pool.execute(sqlx::AssertSqlSafe((*sql).to_owned())).await;
            assert!(done.is_err(), "{}: {sql}", bench.name);
        }
        assert!(bench.found().await.is_empty(), "{}", bench.name);
    }
}

#[tokio::test]
async fn whoever_goes_around_the_refusals_is_found_out() {
    let swap = [
        "update acts set seq = 100 where seq = 2",
        "update acts set seq = 2 where seq = 3",
        "update acts set seq = 3 where seq = 100",
    ];
    let doubled = [
        "update acts set seq = seq + 100 where seq > 2",
        "insert into acts select 3, at, who, behalf, kind, hash, note from acts where seq = 2",
        "update acts set seq = seq - 99 where seq > 100",
    ];
    let cases: [(&str, &[&str]); 14] = [
        (
            "an act changed",
            &["update acts set note = replace(note, '\"number\":3', '\"number\":4') where seq = 3"],
        ),
        (
            "an author's column changed",
            &["update acts set who = 'eve' where seq = 3"],
        ),
        (
            "a time changed",
            &["update acts set at = '2026-01-06T09:00:00Z' where seq = 3"],
        ),
        (
            "a kind changed",
            &["update acts set kind = 'agreement.signed' where seq = 3"],
        ),
        (
            "a hash changed",
            &["update acts set hash = (select hash from acts where seq = 2) where seq = 3"],
        ),
        ("an act removed", &["delete from acts where seq = 3"]),
        ("two acts changing places", &swap),
        ("an act doubled", &doubled),
        ("the last act removed", &["delete from acts where seq = 7"]),
        ("all acts removed", &["delete from acts"]),
        (
            "the last checkpoint removed",
            &["delete from checkpoints where size = 8"],
        ),
        (
            "a checkpoint changed",
            &["update checkpoints set note = replace(note, 'vendor', 'vender') where size = 4"],
        ),
        (
            "a checkpoint moved",
            &[
                "update checkpoints set note = (select note from checkpoints where size = 5) where size = 4",
            ],
        ),
        (
            "a hash of the tree changed",
            &[
                "update tree_hashes set hash = (select hash from tree_hashes where place = 2) where place = 1",
            ],
        ),
    ];
    for (what, statements) in cases {
        for bench in Bench::both().await {
            bench.opened(8).await;
            bench.tamper(statements).await;
            assert!(!bench.found().await.is_empty(), "{}: {what}", bench.name);
        }
    }
}

#[tokio::test]
async fn who_rolls_everything_back_is_found_by_whoever_kept_a_checkpoint() {
    for bench in Bench::both().await {
        bench.opened(8).await;
        let kept = bench
            .database
            .checkpoint()
            .await
            .expect("read")
            .expect("a checkpoint");
        bench
            .tamper(&[
                "delete from acts where seq >= 6",
                "delete from checkpoints where size > 6",
                "delete from tree_hashes where place >= 10",
            ])
            .await;
        assert!(
            bench.found().await.is_empty(),
            "{}: by itself it is whole",
            bench.name
        );
        let found = bench
            .database
            .audit(vec![kept.clone()])
            .await
            .expect("audited")
            .found;
        assert!(
            matches!(found.as_slice(), [Found::Cut { acts: 6, size: 8 }]),
            "{}: {found:?}",
            bench.name
        );
        // Another history of the same length, under the same key.
        for _ in 6..8 {
            let vendor = &bench.vendor;
            let other = |_: &Ring, after: u64| Ok::<_, ()>(vec![proposed(vendor, after - 1)]);
            let appended = bench.database.append(among(&[vendor]), other).await;
            appended
                .expect("works")
                .expect("nothing refused")
                .expect("an act");
        }
        assert!(
            bench.found().await.is_empty(),
            "{}: by itself it is whole",
            bench.name
        );
        let found = bench
            .database
            .audit(vec![kept])
            .await
            .expect("audited")
            .found;
        assert!(
            matches!(found.as_slice(), [Found::Root { size: 8, .. }]),
            "{}: {found:?}",
            bench.name
        );
    }
}

#[tokio::test]
async fn what_follows_from_the_acts_is_written_again() {
    for bench in Bench::both().await {
        bench.opened(8).await;
        assert_eq!(
            bench.database.rebuild().await.expect("rebuilt"),
            0,
            "{}",
            bench.name
        );
        bench
            .tamper(&[
                "delete from tree_hashes where place in (3, 4)",
                "update tree_hashes set hash = 'x' where place = 1",
            ])
            .await;
        assert!(!bench.found().await.is_empty(), "{}", bench.name);
        assert_eq!(
            bench.database.rebuild().await.expect("rebuilt"),
            3,
            "{}",
            bench.name
        );
        assert!(bench.found().await.is_empty(), "{}", bench.name);
        bench.propose().await;
        assert!(bench.found().await.is_empty(), "{}", bench.name);
    }
}

#[tokio::test]
async fn a_refused_act_leaves_nothing_behind() {
    for bench in Bench::both().await {
        bench.opened(3).await;
        let partner = Organisation::partner("P-1").expect("a partner");
        let stranger = key(9, &partner);
        let (vendor, good) = (&bench.vendor, proposed(&bench.vendor, 3));
        let both = |_: &Ring, _: u64| Ok::<_, ()>(vec![good, proposed(&stranger, 3)]);
        let refused = bench.database.append(among(&[vendor]), both).await;
        assert!(
            matches!(refused, Err(StoreFault::Refused { at: 4, .. })),
            "{}",
            bench.name
        );
        let nobody = bench
            .database
            .append(among(&[]), |_, after| {
                Ok::<_, ()>(vec![proposed(vendor, after)])
            })
            .await;
        assert!(matches!(nobody, Err(StoreFault::NoKey)), "{}", bench.name);
        let (_, size) = bench.database.ring().await.expect("read");
        assert_eq!(size, 3, "{}", bench.name);
        assert!(bench.found().await.is_empty(), "{}", bench.name);
    }
}

#[tokio::test]
async fn the_ring_is_found_again_from_the_acts_about_keys() {
    for bench in Bench::both().await {
        bench.opened(3).await;
        let partner = Organisation::partner("P 1+").expect("a partner");
        let own = key(9, &partner);
        let moment = ring::Moment {
            at: at(),
            by: "ada".to_owned(),
            after: 3,
        };
        let request = ring::request(&own).expect("a request");
        bench
            .append(vec![
                added(moment, &request, Custody::Own, &bench.vendor).expect("signed"),
            ])
            .await;
        bench.append(vec![proposed(&own, 4)]).await;
        let (ring, size) = bench.database.ring().await.expect("read");
        assert_eq!(size, 5);
        let held: Vec<_> = ring
            .of(&partner)
            .map(|held| (held.key.clone(), held.custody))
            .collect();
        assert_eq!(held, [(own.public().clone(), Custody::Own)]);
        assert!(bench.found().await.is_empty(), "{}", bench.name);
    }
}

/// The signatures of which acts are taken as they are, and which of them are read at all.
async fn read_as(bench: &Bench, is_own: bool) -> (Vec<Signatures>, Vec<u64>) {
    let kinds = ["agreement.proposed"];
    let read = bench.database.vouched_acts_of(&kinds, |_| is_own).await;
    let (acts, size) = read.expect("read");
    assert_eq!(size, 5, "{}", bench.name);
    let signatures = acts.iter().map(|(_, act)| act.signatures());
    (
        signatures.collect(),
        acts.iter().map(|(at, _)| *at).collect(),
    )
}

#[tokio::test]
async fn ones_own_checkpoint_vouches_for_the_very_acts_below_it_and_for_no_others() {
    for bench in Bench::both().await {
        bench.opened(5).await;
        let (signatures, places) = read_as(&bench, true).await;
        assert_eq!(signatures, [Signatures::Vouched; 4], "{}", bench.name);
        assert_eq!(places, [1, 2, 3, 4]);
        let (signatures, _) = read_as(&bench, false).await;
        assert_eq!(signatures, [Signatures::Checked; 4], "{}", bench.name);
        // Another act in the place of one: the root is another, and everything is checked again.
        let changed = "update acts set note = replace(note, 'number', 'numbed') where seq = 3";
        bench.tamper(&[changed]).await;
        let (signatures, places) = read_as(&bench, true).await;
        assert_eq!(signatures, [Signatures::Checked; 4], "{}", bench.name);
        assert_eq!(places, [1, 2, 3, 4]);
    }
}

#[tokio::test]
async fn what_an_act_is_about_is_read_in_it_and_not_beside_it() {
    for bench in Bench::both().await {
        bench.opened(5).await;
        bench
            .tamper(&["update acts set kind = 'agreement.signed' where seq = 3"])
            .await;
        assert_eq!(
            read_as(&bench, true).await.1,
            [1, 2, 3, 4],
            "{}",
            bench.name
        );
        bench
            .around_refusals(&["delete from acts where seq = 3"])
            .await;
        let read = bench.database.vouched_acts_of(&[], |_| true).await;
        let gone = read.expect_err("an act is gone").to_string();
        assert!(gone.contains("act 3 is gone"), "{gone}");
    }
}

#[tokio::test]
async fn a_ring_that_is_known_is_the_one_that_is_read_anew() {
    for bench in Bench::both().await {
        bench.opened(3).await;
        let again = bench.anew().await;
        assert_eq!(
            again.ring().await.expect("read"),
            bench.database.ring().await.expect("read")
        );
        // Another process retires and adds keys meanwhile.
        let next = key(7, &Organisation::Vendor);
        let request = ring::request(&next).expect("a request");
        let moment = ring::Moment {
            at: at(),
            by: "ada".to_owned(),
            after: 3,
        };
        let rotated = rotated(moment, &bench.vendor, &request, Custody::Own).expect("signed");
        let keys = [&bench.vendor, &next];
        let appended = again.append(among(&keys), |_, _| Ok::<_, ()>(vec![rotated]));
        appended.await.expect("appended").expect("not refused");
        let (ring, size) = bench.database.ring().await.expect("read");
        assert_eq!((size, ring.all().len()), (4, 2), "{}", bench.name);
        assert_eq!(ring, bench.anew().await.ring().await.expect("read").0);
        // What the old key signs now is refused, although the ring of before is known.
        let old = proposed(&bench.vendor, 4);
        let refused = bench
            .database
            .append(among(&keys), |_, _| Ok::<_, ()>(vec![old]))
            .await;
        assert!(
            matches!(refused, Err(StoreFault::Refused { at: 4, .. })),
            "{}",
            bench.name
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_appends_at_the_same_time_appends_one_after_the_other() {
    const WRITERS: u64 = 6;
    const EACH: u64 = 12;
    for bench in Bench::both().await {
        bench.opened(1).await;
        let mut tasks = Vec::new();
        for _ in 0..WRITERS {
            // Each by connections of its own, as another process has.
            let database = match &bench.path {
                Some(path) => Database::in_file(path).await.expect("opened"),
                None => Database::at(&bench.url).await.expect("opened"),
            };
            let vendor = bench.vendor.clone();
            tasks.push(tokio::spawn(async move {
                for _ in 0..EACH {
                    let one = |_: &Ring, after: u64| Ok::<_, ()>(vec![proposed(&vendor, after)]);
                    let appended = database.append(among(&[&vendor]), one).await;
                    appended
                        .expect("works")
                        .expect("nothing refused")
                        .expect("an act");
                }
            }));
        }
        for task in tasks {
            task.await.expect("no writer fails");
        }
        let (_, size) = bench.database.ring().await.expect("read");
        assert_eq!(size, 1 + WRITERS * EACH, "{}", bench.name);
        assert!(bench.found().await.is_empty(), "{}", bench.name);
    }
}

/// Everything that a reader of the journal sees.
async fn seen(
    database: &Database,
) -> Result<(Vec<trueup_journal::Stored>, Option<Checkpoint>), StoreFault> {
    Ok((
        database.acts(Page { from: 0, most: 250 }).await?,
        database.checkpoint().await?,
    ))
}

#[tokio::test]
async fn a_flipped_bit_of_the_file_is_found_wherever_anything_seen_changes() {
    const FLIPS: u64 = 400;
    let bench = Bench::sqlite().await;
    // So many that the journal is most of the file, beside pages of tables that are empty.
    bench.opened(200).await;
    let before = seen(&bench.database).await.expect("read");
    bench.database.close().await;
    let path = bench.path.clone().expect("a file");
    let whole = std::fs::read(&path).expect("read");
    let folder = tempfile::tempdir().expect("a folder");
    let (mut changed, mut noticed) = (0u64, 0u64);
    for flip in 0..FLIPS {
        // Spread over the file, never twice at one place.
        let bit = flip * (whole.len() as u64 * 8) / FLIPS + flip % 8;
        let (at, bit) = ((bit / 8) as usize, bit % 8);
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << bit;
        let copy = folder.path().join(format!("{flip}.db"));
        std::fs::write(&copy, &bytes).expect("written");
        let Ok(database) = Database::in_file(&copy).await else {
            noticed += 1;
            continue;
        };
        let is_same = seen(&database).await.is_ok_and(|after| after == before);
        let is_quiet = database
            .audit(Vec::new())
            .await
            .is_ok_and(|outcome| outcome.found.is_empty())
            && database.own_check().await.is_ok_and(|said| said.is_none());
        assert!(
            is_same || !is_quiet,
            "byte {at}, bit {bit} changes what is seen and nobody says so"
        );
        changed += u64::from(!is_same);
        noticed += u64::from(!is_quiet);
        database.close().await;
    }
    assert!(
        changed * 5 > FLIPS && noticed >= changed,
        "{changed} changed, {noticed} noticed"
    );
}

#[tokio::test]
async fn a_database_of_a_later_version_is_refused() {
    for bench in Bench::both().await {
        bench.opened(2).await;
        bench
            .tamper(&["update _sqlx_migrations set version = 9999 where version = 2"])
            .await;
        let again = match &bench.path {
            Some(path) => Database::in_file(path).await,
            None => Database::at(&bench.url).await,
        };
        assert!(
            matches!(again, Err(StoreFault::Version { .. })),
            "{}",
            bench.name
        );
    }
}

#[tokio::test]
async fn what_is_no_database_is_refused_with_its_place() {
    let folder = tempfile::tempdir().expect("a folder");
    let refused = Database::in_file(folder.path()).await;
    assert!(
        matches!(refused, Err(StoreFault::Open { .. })),
        "a folder is no database"
    );
    let text = folder.path().join("text.db");
    std::fs::write(
        &text,
        "this is a text and no database, and long enough that nobody takes it for an empty one "
            .repeat(20),
    )
    .expect("written");
    assert!(Database::in_file(&text).await.is_err());
    let refused = Database::at("mysql://ada:secret@localhost/x").await;
    let Err(fault) = refused else {
        panic!("another database is refused")
    };
    assert!(!format!("{fault:?}{fault}").contains("secret"), "{fault:?}");
}

/// A batch of one expense for a partner.
fn expense(number: u64, partner: &str, units: i64) -> Batch {
    let key = Key {
        partner: PartnerId::new(partner).expect("a partner"),
        plan: "reseller".to_owned(),
        component: "volume_bonus".to_owned(),
        settled_on: parse_date("2026-03-31").expect("a day"),
        currency: Currency::parse("EUR").expect("a currency"),
    };
    let amount = Exact::from_scaled(i128::from(units), 2);
    let target = Target::of([(key, amount)]).expect("bookable");
    Batch::new(
        number,
        BatchKind::Accrual,
        "a run".to_owned(),
        converge(&target, &Booked::new(), None, &|_| true),
    )
}

impl Bench {
    async fn post(&self, partner: &str, units: i64) {
        let vendor = &self.vendor;
        let done = self
            .database
            .step(among(&[vendor]), |now| {
                let batch = expense(now.batches + 1, partner, units);
                Ok::<_, ()>(Step {
                    acts: vec![proposed(vendor, now.acts)],
                    batches: vec![(batch, "a digest".to_owned())],
                    closes: None,
                })
            })
            .await;
        done.expect("the database works")
            .expect("nothing refused")
            .expect("an act");
    }
}

#[tokio::test]
async fn what_is_posted_adds_up_and_is_found_again() {
    for bench in Bench::both().await {
        bench.opened(1).await;
        for (partner, units) in [("P-1", 1_250), ("P-2", 300), ("P-1", -250)] {
            bench.post(partner, units).await;
        }
        let balances = bench.database.balances().await.expect("read");
        let of = |account: &str, partner: &str| {
            let found = balances
                .iter()
                .find(|one| one.account == account && one.partner == partner);
            found.map(|one| one.amount)
        };
        assert_eq!(of("expense", "P-1"), Some(1_000), "{}", bench.name);
        assert_eq!(of("accrued", "P-1"), Some(-1_000), "{}", bench.name);
        assert_eq!(of("expense", "P-2"), Some(300), "{}", bench.name);
        let booked = bench.database.booked().await.expect("read");
        let batches = bench.database.batch_count().await.expect("read");
        assert_eq!((booked.len(), batches), (4, 3), "{}", bench.name);
        assert!(
            bench
                .database
                .trial_balance()
                .await
                .expect("read")
                .is_empty()
        );
        let rows = bench.database.batches().await.expect("read");
        for row in &rows {
            let postings = bench.database.postings(row.number).await.expect("read");
            let batch = batch_of(row, postings).expect("a batch");
            assert_eq!(batch.to_text().lines().count(), 4, "{}", bench.name);
        }
        let partner = PartnerId::new("P-1").expect("a partner");
        let own = bench.database.postings_of(&partner).await.expect("read");
        let expenses = own
            .iter()
            .filter(|(_, posting)| posting.account == Account::Expense);
        let told: Vec<(u64, i64)> = expenses
            .map(|(batch, posting)| (*batch, posting.amount))
            .collect();
        assert_eq!(told, [(1, 1_250), (3, -250)], "{}", bench.name);
        assert!(bench.found().await.is_empty(), "{}", bench.name);
    }
}

#[tokio::test]
async fn the_books_take_nothing_that_does_not_balance_and_change_nothing() {
    for bench in Bench::both().await {
        bench.opened(1).await;
        bench.post("P-1", 1_250).await;
        let pool = around(&bench.url).await;
        let one = "'accrued', 'P-1', 'reseller', 'volume_bonus', '2026-03-31', '2026-03-31', 'EUR'";
        let refused = [
            // Into a closed batch, and without any.
            format!("insert into postings values (1, 2, {one}, 5)"),
            format!("insert into postings values (2, 0, {one}, 5)"),
            // A batch that is empty, out of its turn, or of other postings than it says.
            "insert into batches values (2, 'accrual', 'r', 0, 'd')".to_owned(),
            "insert into batches values (3, 'accrual', 'r', 1, 'd')".to_owned(),
            "update postings set amount = 1".to_owned(),
            "delete from postings".to_owned(),
            "update batches set run = 'other'".to_owned(),
            "delete from batches".to_owned(),
        ];
        for sql in &refused {
            let done = pool.execute(sqlx::AssertSqlSafe(sql.clone())).await;
            assert!(done.is_err(), "{}: {sql}", bench.name);
        }
        // Postings that do not balance, in one transaction with their batch.
        let mut connection = pool.acquire().await.expect("a connection");
        connection.execute("begin").await.expect("begun");
        let one = sqlx::AssertSqlSafe(format!("insert into postings values (2, 0, {one}, 5)"));
        connection.execute(one).await.expect("checked at the end");
        let closed = connection
            .execute("insert into batches values (2, 'accrual', 'r', 1, 'd')")
            .await;
        let said = closed.expect_err("it does not balance").to_string();
        assert!(
            said.contains("balances in each currency"),
            "{}: {said}",
            bench.name
        );
        let _ = connection.execute("rollback").await;
        let booked = bench.database.booked().await.expect("read");
        let batches = bench.database.batch_count().await.expect("read");
        assert_eq!(
            (
                booked
                    .iter()
                    .filter(|((account, _), _)| *account == Account::Expense)
                    .map(|(_, amount)| amount)
                    .sum::<i64>(),
                batches
            ),
            (1_250, 1),
            "{}",
            bench.name
        );
    }
}

/// What is written in one statement, read in one text, or is neither: more postings than either takes at a time.
#[tokio::test]
async fn a_batch_of_many_postings_is_read_as_it_was_written() {
    const PARTNERS: usize = 5_100;
    for bench in Bench::both().await {
        bench.opened(1).await;
        let vendor = &bench.vendor;
        let of = |at: usize| expense(1, &format!("P-{at:05} \u{e9}\\\""), 100);
        let postings: Vec<Posting> = (0..PARTNERS)
            .flat_map(|at| of(at).postings().to_vec())
            .collect();
        let batch = Batch::new(1, BatchKind::Accrual, "a run".to_owned(), postings);
        let keys = [vendor];
        let done = bench.database.step(among(&keys), |now| {
            Ok::<_, ()>(Step {
                acts: vec![proposed(vendor, now.acts)],
                batches: vec![(batch.clone(), "a digest".to_owned())],
                closes: None,
            })
        });
        done.await
            .expect("the database works")
            .expect("nothing refused")
            .expect("an act");
        let read = bench.database.postings(1).await.expect("read");
        assert_eq!(read, batch.postings(), "{}", bench.name);
        let by_partner = bench.database.booked_by_partner(Date::MAX).await;
        let by_partner = by_partner.expect("read");
        assert_eq!(by_partner.len(), PARTNERS, "{}", bench.name);
        let one_by_one = by_partner.values().flatten().flat_map(|of| {
            let sides = of.sides.iter();
            sides.map(|(account, amount)| ((*account, of.key.clone()), *amount))
        });
        let booked = bench.database.booked().await.expect("read");
        assert_eq!(one_by_one.collect::<Booked>(), booked, "{}", bench.name);
        let before = parse_date("2026-03-30").expect("a day");
        let early = bench.database.booked_by_partner(before).await;
        assert!(early.expect("read").is_empty(), "{}", bench.name);
        let accrued = bench.database.has_accrued_after(before).await;
        assert!(accrued.expect("read"), "{}", bench.name);
        let accrued = bench.database.has_accrued_after(Date::MAX).await;
        assert!(!accrued.expect("read"), "{}", bench.name);
        let kinds = bench.database.kinds_from(1).await.expect("read");
        assert_eq!(kinds.len(), 1, "{}", bench.name);
    }
}

#[tokio::test]
async fn a_closed_period_takes_no_posting_whoever_asks() {
    for bench in Bench::both().await {
        bench.opened(1).await;
        bench.post("P-1", 1_250).await;
        let vendor = &bench.vendor;
        let day = |text: &str| parse_date(text).expect("a day");
        let close = async |until: &str| {
            let keys = [vendor];
            let closed = bench.database.step(among(&keys), |now| {
                let acts = vec![proposed(vendor, now.acts)];
                Ok::<_, ()>(Step {
                    acts,
                    batches: Vec::new(),
                    closes: Some(day(until)),
                })
            });
            closed.await
        };
        close("2026-03-31")
            .await
            .expect("closed")
            .expect("nothing refused")
            .expect("an act");
        assert_eq!(
            bench.database.closed_on().await.expect("read"),
            Some(day("2026-03-31"))
        );
        let keys = [vendor];
        let late = bench.database.step(among(&keys), |now| {
            let batch = expense(now.batches + 1, "P-1", 10);
            let acts = vec![proposed(vendor, now.acts)];
            Ok::<_, ()>(Step {
                acts,
                batches: vec![(batch, "a digest".to_owned())],
                closes: None,
            })
        });
        assert!(late.await.is_err(), "{}", bench.name);
        assert!(
            close("2026-03-31").await.is_err(),
            "{}: closed twice",
            bench.name
        );
        assert!(
            close("2026-01-31").await.is_err(),
            "{}: backwards",
            bench.name
        );
        let pool = around(&bench.url).await;
        // Around the step: the postings are taken, and their batch is not.
        let mut connection = pool.acquire().await.expect("a connection");
        connection.execute("begin").await.expect("begun");
        for (line, account, amount) in [(0, "expense", 5), (1, "accrued", -5)] {
            let sql = format!(
                "insert into postings values (2, {line}, '{account}', 'P-1', 'reseller', 'volume_bonus', '2026-03-31', '2026-03-31', 'EUR', {amount})"
            );
            let taken = connection.execute(sqlx::AssertSqlSafe(sql)).await;
            taken.expect("looked at when the batch is closed");
        }
        let late = connection
            .execute("insert into batches values (2, 'accrual', 'r', 2, 'd')")
            .await;
        let said = late.expect_err("it is closed").to_string();
        assert!(
            said.contains("the period is closed"),
            "{}: {said}",
            bench.name
        );
        let _ = connection.execute("rollback").await;
        drop(connection);
        for sql in [
            "delete from closings",
            "update closings set closed_on = '2025-12-31'",
        ] {
            assert!(pool.execute(sql).await.is_err(), "{}: {sql}", bench.name);
        }
        let (_, acts) = bench.database.ring().await.expect("read");
        assert_eq!(acts, 3, "{}: what was refused left no act", bench.name);
        assert!(bench.found().await.is_empty(), "{}", bench.name);
    }
}
