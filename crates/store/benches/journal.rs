//! The journal in a file: how fast acts are appended one by one and many at a time, how long it takes to look through all of
//! them, and what a proof costs. Usage: `cargo bench --package trueup-store --bench journal -- ACTS`.

use std::time::Instant;

use trueup_journal::testing::Dice;
use trueup_journal::{Act, Draft, Organisation, SecretKey, opening};
use trueup_store::{Database, among};

/// How many acts are appended in one step.
const AT_ONCE: u64 = 1_000;

/// How many are appended one by one.
const ONE_BY_ONE: u64 = 200;

/// How many proofs are made.
const PROOFS: u64 = 200;

fn act(key: &SecretKey, after: u64) -> Act {
    let draft = Draft {
        at: "2026-01-05T09:00:00Z".parse().expect("an instant"),
        by: "u-17".to_owned(),
        behalf: Organisation::Vendor,
        kind: "agreement.accepted".parse().expect("a kind"),
        after,
        says: format!("{{\"proposal\":{after},\"note\":\"{}\"}}", "x".repeat(800)),
    };
    Act::sign(draft, &[key]).expect("signed")
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let asked = std::env::args().skip(1).find_map(|word| word.parse().ok());
    let acts: u64 = asked.unwrap_or(20_000);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("journal.db");
    let database = Database::in_file(&path).await.expect("opened");
    let key = SecretKey::new(&mut Dice::new(1), "alliance", &Organisation::Vendor).expect("a key");
    let at = "2026-01-05T09:00:00Z".parse().expect("an instant");
    let first = opening("alliance", &key, at, "u-17").expect("signed");
    let keys = [&key];
    let append = async |many: u64| {
        let made = database.append(among(&keys), |_, after| {
            Ok::<_, ()>(
                (after..after + many)
                    .map(|after| act(&key, after))
                    .collect(),
            )
        });
        made.await
            .expect("the database works")
            .expect("nothing refused")
            .expect("acts");
    };
    let opened = database
        .append(among(&[&key]), |_, _| Ok::<_, ()>(vec![first]))
        .await;
    opened
        .expect("the database works")
        .expect("nothing refused")
        .expect("an act");
    let begun = Instant::now();
    for _ in 0..ONE_BY_ONE {
        append(1).await;
    }
    let one = begun.elapsed() / u32::try_from(ONE_BY_ONE).expect("few");
    println!("one act, durable with its checkpoint   {one:.2?}");
    let begun = Instant::now();
    for _ in 0..acts / AT_ONCE {
        append(AT_ONCE).await;
    }
    let took = begun.elapsed();
    let many = acts / AT_ONCE * AT_ONCE;
    println!(
        "{many} acts, {AT_ONCE} at a time          {took:.2?}, {:.0} a second",
        many as f64 / took.as_secs_f64()
    );
    let begun = Instant::now();
    let outcome = database.audit(Vec::new()).await.expect("looked through");
    let took = begun.elapsed();
    assert!(outcome.found.is_empty(), "{:?}", outcome.found);
    let size = outcome.tree.size();
    println!(
        "{size} acts looked through            {took:.2?}, {:.1?} an act",
        took / u32::try_from(size).expect("few")
    );
    let begun = Instant::now();
    for proof in 0..PROOFS {
        let at = proof * size / PROOFS;
        database.prove(at).await.expect("proved");
    }
    let each = begun.elapsed() / u32::try_from(PROOFS).expect("few");
    println!("a proof, made and checked              {each:.2?}");
    let bytes = std::fs::metadata(&path).expect("a file").len();
    println!(
        "bytes of the file                      {} an act",
        bytes / size
    );
}
